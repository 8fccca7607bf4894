// Follows a run as it goes on; without it, the page shows how far the run was when it was asked for.
/** Calls that a step shows; the page of the run that is over has them all. */
const MOST_CALLS = 40;
/** The page is loaded anew when the run has begun: once, or twice where its first line is still being written. */
const MOST_RELOADS = 3;

const live = document.querySelector('[data-live]');
if (live) follow(live);

function follow(page) {
  const now = document.querySelector('[data-now]');
  const stream = new EventSource(page.dataset.live);
  const on = (name, work) => stream.addEventListener(name, (event) => work(JSON.parse(event.data || 'null')));
  // The steps are known from here on.
  on('begin', () => {
    if (document.querySelector('[data-step]')) return;
    if (mayReload()) location.reload();
    else show(now, 'Its record cannot be read: what it does is not shown.');
  });
  on('step', ({ step, state, note }) => showStep(step, state, note));
  on('call', (call) => showCall(call));
  on('round', (round) => showRound(round));
  on('now', ({ text }) => show(now, text));
  on('cost', ({ usd }) => addCost(document.querySelector('[data-cost]'), usd));
  stream.addEventListener('end', () => {
    stream.close();
    location.reload();
  });
  stream.addEventListener('error', () => {
    if (stream.readyState === EventSource.CLOSED) show(now, 'The connection is lost: reload the page.');
  });
}

/** A record that is damaged has no steps to show, however often it is asked for. */
function mayReload() {
  const key = `begun ${location.pathname}`;
  const times = Number(sessionStorage.getItem(key));
  sessionStorage.setItem(key, String(times + 1));
  return times < MOST_RELOADS;
}

function show(element, text) {
  if (element) element.textContent = text;
}

function showStep(number, state, note) {
  const step = state === 'running' ? begunStep(number) : stepOf(number);
  if (!step) return;
  showState(step, state, note);
  step.open = state !== 'done';
  if (state === 'running') show(document.querySelector('[data-now]'), `Step ${Number(number)}: ${step.dataset.title}`);
}

/** The last one: a report is mended once for each round. */
function stepOf(number) {
  return [...document.querySelectorAll(`[data-step="${Number(number)}"]`)].at(-1);
}

/** A step of the runbook has its place already; any other one mends the report. */
function begunStep(number) {
  const known = stepOf(number);
  if (known && !known.closest('[data-rounds]')) return known;
  const mending = addRow('mending');
  if (!mending) return undefined;
  const round = [...document.querySelectorAll('[data-round]')].at(-1)?.dataset.round ?? '';
  mending.dataset.step = String(Number(number));
  mending.dataset.title = `Mending after round ${round}`;
  show(mending.querySelector('b'), mending.dataset.title);
  return mending;
}

function showRound({ number, state, note, reasons }) {
  const round = addRow('round');
  if (!round) return;
  round.dataset.round = String(Number(number));
  show(round.querySelector('.n'), String(number));
  show(round.querySelector('b'), `Round ${Number(number)}`);
  showState(round, state, note);
  for (const reason of reasons) {
    const line = document.createElement('li');
    line.textContent = reason;
    round.querySelector('.plain').append(line);
  }
  show(document.querySelector('[data-now]'), `Round ${Number(number)} is graded: ${note}`);
}

/** One more row of the rounds, as the page holds it ready. */
function addRow(of) {
  const rounds = document.querySelector('[data-rounds]');
  const row = rounds?.querySelector(`template[data-of="${of}"]`)?.content.firstElementChild.cloneNode(true);
  if (!row) return undefined;
  rounds.hidden = false;
  rounds.querySelector('ol').append(row);
  return row.querySelector('details');
}

function showState(row, state, note) {
  const badge = row.querySelector('.state');
  badge.textContent = state;
  badge.className = `state ${state}`;
  show(row.querySelector('[data-note]'), note);
}

function showCall({ step, call, tool, detail = '', note = '', failed = false }) {
  const list = stepOf(step)?.querySelector('.calls');
  if (!list) return;
  const known = call === null ? null : list.querySelector(`[data-call="${Number(call)}"]`);
  const line = known ?? list.appendChild(lineOf(call, tool, detail));
  show(line.querySelector('[data-note]'), note);
  line.classList.toggle('failed', failed);
  while (list.children.length > MOST_CALLS) list.firstElementChild.remove();
}

function lineOf(call, tool, detail) {
  const line = document.createElement('li');
  if (call !== null) line.dataset.call = String(call);
  const name = document.createElement('code');
  name.textContent = tool;
  const what = document.createElement('span');
  what.textContent = detail;
  what.className = 'muted';
  const note = document.createElement('span');
  note.dataset.note = '';
  line.append(name, what, note);
  return line;
}

function addCost(place, usd) {
  if (!place) return;
  const sum = Number(place.dataset.cost) + usd;
  place.dataset.cost = String(sum);
  place.textContent = `$${sum.toFixed(sum < 0.1 ? 4 : 2)}`;
}
