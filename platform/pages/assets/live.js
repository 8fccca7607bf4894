// Follows a run as it goes on; without it, the page shows how far the run was when it was asked for.
/** Calls that a step shows; the page of the run that is over has them all. */
const MOST_CALLS = 40;

const live = document.querySelector('[data-live]');
if (live) follow(live);

function follow(page) {
  const now = document.querySelector('[data-now]');
  const stream = new EventSource(page.dataset.live);
  const on = (name, work) => stream.addEventListener(name, (event) => work(JSON.parse(event.data || 'null')));
  // The steps are known from here on.
  on('begin', () => {
    if (!document.querySelector('[data-step]')) location.reload();
  });
  on('step', ({ step, state, note }) => showStep(step, state, note));
  on('call', (call) => showCall(call));
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

function show(element, text) {
  if (element) element.textContent = text;
}

function showStep(number, state, note) {
  const step = document.querySelector(`[data-step="${Number(number)}"]`);
  if (!step) return;
  const badge = step.querySelector('.state');
  badge.textContent = state;
  badge.className = `state ${state}`;
  show(step.querySelector('[data-note]'), note);
  step.open = state !== 'done';
  if (state === 'running') show(document.querySelector('[data-now]'), `Step ${Number(number)}: ${step.dataset.title}`);
}

function showCall({ step, call, tool, detail = '', note = '', failed = false }) {
  const list = document.querySelector(`[data-step="${Number(step)}"] .calls`);
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
