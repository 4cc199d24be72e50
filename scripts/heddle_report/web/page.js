// What makes the page alive, once it stands. Without any of it, tables and pictures are there.
import { all, make, one } from './dom.js';
import { enliven } from './history.js';
import { enlivenLatency } from './latency.js';
import { openCase } from './opened.js';
import { Overview } from './overview.js';
import { openVerdict } from './pairs.js';
import { Table } from './table.js';
import { canUnpack, unpack } from './unpack.js';

const facts = JSON.parse(one('#facts').textContent);

function listParts() {
	one('#parts').append(...all('main > section').map((part) => make('a', { href: '#' + part.id }, one('h2', part).textContent)));
}

function offerRaw(text) {
	const button = one('#save-raw');
	button.hidden = false;
	one('#raw-words').textContent = ` ${text.length.toLocaleString('en')} characters, as the file was.`;
	button.addEventListener('click', () => {
		const link = make('a', { href: URL.createObjectURL(new Blob([text], { type: 'application/json' })), download: facts.name });
		link.click();
		setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
	});
}

const opened = (content, index, cell) => facts.kind === 'verdict'
	? openVerdict(cell, content, content.verdicts[index], facts.looks)
	: openCase(cell, content.cases[index], facts.looks, `trouble-${index}`);

// A row can be opened at once; it is filled when the document is there.
const openerOf = (reading) => async (index, cell, part) => {
	cell.append(make('p', { class: 'about' }, 'The document is being unpacked …'));
	try {
		const { content } = await reading;
		if (!part.isConnected)
			return;
		cell.replaceChildren();
		part.addEventListener('closed', opened(content, index, cell), { once: true });
	} catch (error) {
		cell.replaceChildren(make('p', { class: 'bad' }, unreadable(error)));
	}
};

const unreadable = (error) => `The packed document could not be read: ${error.message}`;

const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

async function read() {
	await painted();
	const text = await unpack(one('#packed'));
	return { text, content: JSON.parse(text) };
}

function followHash(table) {
	const wanted = /^#case-(\d+)$/.exec(location.hash);
	if (wanted)
		table.open(Number(wanted[1]));
}

// How far the page is, in milliseconds since it was asked for.
const tell = (what) => document.documentElement.dataset[what] = Math.round(performance.now());

// Paper cannot be clicked on: all is open while it is printed.
function openOnPaper() {
	let opened = [];
	addEventListener('beforeprint', () => {
		opened = all('details:not([open])');
		opened.forEach((part) => part.open = true);
	});
	addEventListener('afterprint', () => opened.splice(0).forEach((part) => part.open = false));
}

async function main() {
	one('#scriptless').remove();
	const body = one('#cases-table'), reading = canUnpack() ? read() : null;
	const table = body && new Table(body, reading && openerOf(reading));
	listParts();
	openOnPaper();
	if (facts.history)
		enliven(facts.history, facts.looks);
	tell('stands');
	if (!reading)
		return;
	const { text, content } = await reading;
	offerRaw(text);
	if (facts.kind === 'result') {
		new Overview(content.cases, facts);
		enlivenLatency(content.cases, facts.looks);
	}
	if (table) {
		addEventListener('hashchange', () => followHash(table));
		followHash(table);
	}
	tell('alive');
}

main().catch((error) => {
	one('#raw-words').textContent = unreadable(error);
	console.error(error);
});
