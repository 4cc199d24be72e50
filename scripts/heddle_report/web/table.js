// The big table: sorted by its heads, filtered by words and by what its columns hold; rows can be opened where there
// is `makePart(index, cell, part)`, which fills what a row opens to.
import { all, make, one, select } from './dom.js';
import { count } from './words.js';

const CHOICES = ['Workload', 'Model', 'Cores', 'Verdict'];

export class Table {
	constructor(element, makePart) {
		this.element = element;
		this.body = one('tbody', element);
		this.heads = all('thead th', element);
		this.rows = all('tbody tr', element).map((row) => ({
			row, text: row.textContent.toLowerCase(), part: null, index: Number(row.dataset.case),
		}));
		this.makePart = makePart;
		if (makePart)
			this.makeOpenable();
		this.wanted = { words: [], choices: new Map() };
		this.heads.forEach((head, column) => this.makeSortable(head, column));
		element.closest('.wide').before(this.makeFilters());
		this.body.addEventListener('click', (event) => this.clicked(event));
	}

	makeSortable(head, column) {
		const words = head.textContent;
		head.replaceChildren(make('button', { type: 'button', onclick: () => this.sortBy(column) }, words));
	}

	key(entry, column) {
		const cell = entry.row.cells[column];
		if (this.heads[column].dataset.kind === 'text')
			return cell.textContent;
		return cell.dataset.v === undefined ? null : Number(cell.dataset.v);
	}

	// Numbers begin with the largest, texts with A; what has no value stays at the end both ways.
	sortBy(column) {
		const head = this.heads[column], before = head.getAttribute('aria-sort');
		const number = head.dataset.kind === 'number';
		const ascending = before ? before === 'descending' : !number;
		const keyed = this.rows.map((entry) => [this.key(entry, column), entry]);
		const compare = number ? (a, b) => a - b : new Intl.Collator('en', { numeric: true }).compare;
		keyed.sort(([a, left], [b, right]) => {
			if (a === null || b === null)
				return (a === null) - (b === null) || left.index - right.index;
			return (ascending ? compare(a, b) : compare(b, a)) || left.index - right.index;
		});
		this.heads.forEach((other) => other.removeAttribute('aria-sort'));
		head.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
		this.body.append(...keyed.flatMap(([, entry]) => entry.part ? [entry.row, entry.part] : [entry.row]));
	}

	makeFilters() {
		const box = make('input', { type: 'search', id: 'filter', placeholder: 'words of a row', oninput: () => {
			this.wanted.words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
			this.filter();
		} });
		const choices = this.heads.map((head, column) => [head.textContent, column])
			.filter(([words]) => CHOICES.includes(words)).map(([words, column]) => this.choice(words, column));
		this.shown = make('output', {}, count(this.rows.length, 'row'));
		return make('form', { class: 'filters', role: 'search', onsubmit: (event) => event.preventDefault() },
			make('label', {}, 'Filter ', box), choices, this.shown);
	}

	choice(words, column) {
		const values = [...new Set(this.rows.map(({ row }) => row.cells[column].textContent))];
		const options = [['', 'all'], ...values.map((value) => [value, value])];
		return select(words, options, '', (value) => {
			this.wanted.choices.set(column, value);
			this.filter();
		});
	}

	holds(entry) {
		for (const [column, value] of this.wanted.choices)
			if (value && entry.row.cells[column].textContent !== value)
				return false;
		return this.wanted.words.every((word) => entry.text.includes(word));
	}

	filter() {
		let shown = 0;
		for (const entry of this.rows) {
			const hidden = !this.holds(entry);
			shown += !hidden;
			entry.row.hidden = hidden;
			if (entry.part)
				entry.part.hidden = hidden;
		}
		this.shown.value = shown === this.rows.length ? count(shown, 'row') : `${shown} of ${count(this.rows.length, 'row')}`;
	}

	makeOpenable() {
		for (const { row } of this.rows) {
			const head = row.cells[0];
			head.replaceChildren(make('button', { type: 'button', class: 'open', 'aria-expanded': 'false' }, head.textContent));
		}
	}

	clicked(event) {
		const button = event.target.closest('button.open');
		if (button)
			this.toggle(this.rows.find(({ row }) => row === button.closest('tr')));
	}

	toggle(entry) {
		const open = !entry.part;
		one('button.open', entry.row).setAttribute('aria-expanded', String(open));
		if (!open) {
			entry.part.dispatchEvent(new Event('closed'));
			entry.part.remove();
			entry.part = null;
			return;
		}
		const held = make('div', { class: 'held' });
		entry.part = make('tr', { class: 'part' }, make('td', { colspan: this.heads.length }, held));
		entry.row.after(entry.part);
		this.makePart(entry.index, held, entry.part);
	}

	open(index) {
		const entry = this.rows.find((known) => known.index === index);
		if (!entry)
			return;
		if (!entry.part)
			this.toggle(entry);
		entry.row.scrollIntoView();
		one('button.open', entry.row).focus({ preventScroll: true });
	}
}
