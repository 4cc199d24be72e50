// Elements from values. A text is a text node, never markup, whatever a result holds.

export function make(name, attributes = {}, ...children) {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		if (key.startsWith('on'))
			element.addEventListener(key.slice(2), value);
		else if (value === true)
			element.setAttribute(key, '');
		else if (value !== false && value != null)
			element.setAttribute(key, value);
	}
	element.append(...children.flat().filter((child) => child != null));
	return element;
}

export const all = (selector, within = document) => [...within.querySelectorAll(selector)];
export const one = (selector, within = document) => within.querySelector(selector);

export function select(label, options, chosen, change) {
	const box = make('select', { onchange: () => change(box.value) },
		options.map(([value, words]) => make('option', { value, selected: value === chosen }, words)));
	return make('label', {}, label + ' ', box);
}

// Heading: texts; rows: lists of texts, the first of which names the row.
export function table(heading, rows) {
	return make('div', { class: 'wide' }, make('table', { class: 'numbers' },
		make('thead', {}, make('tr', {}, heading.map((words) => make('th', { scope: 'col' }, words)))),
		make('tbody', {}, rows.map(([first, ...others]) => make('tr', {},
			make('th', { scope: 'row' }, first), others.map((words) => make('td', {}, words)))))));
}
