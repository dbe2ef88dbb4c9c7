const letters = new Intl.Collator();
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector('button').addEventListener('click', () => {
      const direction = head.getAttribute('aria-sort') === 'descending' ? 'ascending' : 'descending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', direction);
      sortRows(table.tBodies[0], column, direction === 'ascending' ? 1 : -1);
    });
  });
}

for (const more of document.querySelectorAll('.more')) {
  more.querySelector('button').addEventListener('click', () => {
    more.previousElementSibling.querySelector('table').classList.remove('long');
    more.previousElementSibling.focus();
    more.remove();
  });
}

/** Numbers by value, texts by their letters; cells without a value come last either way. */
function sortRows(body, column, sign) {
  const keys = new Map([...body.rows].map((row) => [row, keyOf(row.cells[column])]));
  const rows = [...body.rows].sort((left, right) => {
    const a = keys.get(left);
    const b = keys.get(right);
    if (a === '' || b === '') return (a === '') - (b === '');
    return (
      sign * (typeof a === 'number' && typeof b === 'number' ? a - b : letters.compare(String(a), String(b)))
    );
  });
  // Off the page while its rows move: thousands of moves would each count the rows anew for the style sheet.
  const table = body.parentNode;
  body.remove();
  for (const row of rows) body.append(row);
  table.append(body);
}

/** The number that a cell carries or reads, its text where it is none, '' where there is no value. */
function keyOf(cell) {
  const value = cell.querySelector('[data-value]')?.dataset.value;
  if (value !== undefined) return Number(value);
  const text = cell.textContent.trim();
  if (text === '' || text === 'n/a') return '';
  // `86.00 ± 1.24`, `36%`, `3 of 5`. Dates, versions and digests begin with digits and are no numbers.
  return /^-?\d+(\.\d+)?(%| ± .*| of \d+)?$/.test(text) ? Number.parseFloat(text) : text;
}
