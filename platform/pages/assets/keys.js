// j and k move through the rows of a list, Enter opens one, ? tells the keys. Everything works without them, and they can be turned off.
const ROWS = 'main :is(.entries > li, tbody > tr, .steps > li, .change)';
const OPENS = 'a[href], summary';
const TYPED_INTO = 'input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]';
const OFF = 'keys-off';

const help = document.querySelector('#keys');
const opener = document.querySelector('[data-help]');
const choice = help?.querySelector('input');
if (help && opener && choice) begin();

function begin() {
  opener.hidden = false;
  opener.addEventListener('click', () => help.showModal());
  choice.checked = localStorage.getItem(OFF) === null;
  choice.addEventListener('change', () => {
    if (choice.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, 'yes');
  });
  document.addEventListener('keydown', pressed);
}

function pressed(event) {
  const isOurs = choice.checked && !help.open && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!isOurs || event.target.closest(TYPED_INTO)) return;
  if (event.key === 'j') move(1);
  else if (event.key === 'k') move(-1);
  else if (event.key === '?') help.showModal();
}

/** To the row after or before the one with the focus; from elsewhere, to the first or the last. */
function move(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter((row) => openerOf(row) !== undefined);
  const now = rows.findLastIndex((row) => row.contains(document.activeElement));
  const next = now === -1 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + by, 0), rows.length - 1);
  if (rows[next]) openerOf(rows[next]).focus();
}

/** What of a row Enter opens, where it is shown. */
function openerOf(row) {
  return [...row.querySelectorAll(OPENS)].find((each) => each.checkVisibility());
}
