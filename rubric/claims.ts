import { citations } from './citations.ts';
import { type Claim, claim, type Ground, unsupported } from './claim.ts';
import { excerptClaims } from './excerpt-claims.ts';
import { proseClaims } from './prose-claims.ts';
import type { ScopedBlock } from './structure.ts';
import { tableClaims } from './table-claims.ts';

/**
 * Every trace id, amount, percentage, count and excerpt of a text with its line, resolved against the data files. Numbers inside
 * code and quotes are not claims, nor are dates, parameters, list numbers and targets.
 */
export function readClaims(blocks: readonly ScopedBlock[], ground: Ground): Claim[] {
  return blocks.flatMap((block) => [...traceClaims(block, ground), ...otherClaims(block, ground)]);
}

function traceClaims(block: ScopedBlock, ground: Ground): Claim[] {
  return citations(block, ground.known.hasTrace).map(({ id, line }) => {
    const failure = ground.known.hasTrace(id) ? null : unsupported('no data file holds this trace id');
    return claim(ground, block, { kind: 'trace', text: id, line, failure });
  });
}

function otherClaims(block: ScopedBlock, ground: Ground): Claim[] {
  if (block.kind === 'code' || (block.kind === 'text' && block.quoted)) return excerptClaims(block, ground);
  if (block.kind === 'text') return proseClaims(block, ground);
  return block.kind === 'table' ? tableClaims(block, ground) : [];
}

/** The claims as `grade.json` keeps them. */
export function summarise(claims: readonly Claim[]): {
  checked: number;
  verified: number;
  failed: { file: string; line: number; text: string; reason: string }[];
} {
  const failed = claims.filter((c) => c.status !== 'verified');
  return {
    checked: claims.length,
    verified: claims.length - failed.length,
    failed: failed.map(({ file, line, text, reason }) => ({ file, line, text, reason })),
  };
}
