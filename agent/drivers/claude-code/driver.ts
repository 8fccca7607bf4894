import { randomBytes } from 'node:crypto';
import type { Driver } from '../../driver.ts';
import { serveHttp } from '../../mcp/http.ts';
import type { Runbook } from '../../runbook/manifest.ts';
import type { Budget } from '../claude/budget.ts';
import type { AgentModel } from '../claude/models.ts';
import { stepPrompt, systemPrompt } from '../claude/prompt.ts';
import type { Provider } from '../claude/providers.ts';
import { Toolbox, toolDefinitions } from '../claude/toolbox.ts';
import { SERVER, startCli } from './cli.ts';
import { CliHome } from './home.ts';
import { Session } from './session.ts';
import { stepServer } from './step-tools.ts';

interface ClaudeCodeOptions {
  runbook: Runbook;
  model: AgentModel;
  provider: Provider;
  budget: Budget;
  env: Readonly<Record<string, string | undefined>>;
  /** Another program that behaves like it. */
  program?: string;
  /** Shorter in tests. */
  pauses?: { idleMs?: number };
}

/**
 * Lets the Claude Code program perform the steps, each in a process of its own. It reaches the run's tools over MCP on the loopback, with
 * a token of this step; the tools themselves run here, so their checks, events and limits are those of every other driver.
 */
export function claudeCodeDriver(options: ClaudeCodeOptions): Driver {
  const { runbook, model, provider, budget, env, program, pauses } = options;
  return {
    kind: 'claude-code',
    limits: budget.limits,
    model: model.id,
    resume: (used) => budget.resume(used),
    async performStep(step, rendered, context) {
      budget.beginStep();
      budget.check();
      const tools = await toolDefinitions(runbook);
      const home = new CliHome();
      const token = randomBytes(24).toString('base64url');
      let session: Session | undefined;
      const build = () => Promise.resolve(stepServer(tools, (name, input) => running(session).runTool(name, input)));
      const server = await serveHttp({ port: 0, host: '127.0.0.1', token, build });
      try {
        // Nothing is awaited from here until the session listens to the signal.
        context.signal.throwIfAborted();
        const cli = startCli({
          program,
          home,
          env,
          provider,
          model: model.requestId,
          systemFile: home.write('system.md', systemPrompt(runbook)),
          mcpFile: home.write('mcp.json', mcpConfig(server.url, token)),
          builtinTools: runbook.manifest.builtin_tools,
          maxTurns: budget.limits.turnsPerStep,
          maxCostUsd: budget.leftUsd(),
        });
        const toolbox = new Toolbox(step, rendered, context);
        session = new Session({ step, context, toolbox, budget, model, provider, cli, ...pauses });
        const prompt = context.scrub(stepPrompt(step, rendered, context.notes, context.params));
        return context.scrub(await session.perform(prompt));
      } finally {
        await server.close();
        home.remove();
      }
    },
  };
}

/** Calls come from the program, which is started after the session is made. */
function running(session: Session | undefined): Session {
  if (!session) throw new Error('A tool was called before its step began.');
  return session;
}

function mcpConfig(url: string, token: string): string {
  const server = { type: 'http', url, headers: { authorization: `Bearer ${token}` } };
  return JSON.stringify({ mcpServers: { [SERVER]: server } });
}
