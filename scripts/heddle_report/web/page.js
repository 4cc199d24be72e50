// What makes the page alive, once it stands. Without any of it, tables and pictures are there.
import { all, make, one } from './dom.js';
import { enliven } from './history.js';
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

function openerOf(content) {
	const open = facts.kind === 'verdict'
		? (index, cell) => openVerdict(cell, content, content.verdicts[index], facts.looks)
		: (index, cell) => openCase(cell, content.cases[index], facts.looks, `trouble-${index}`);
	return (index, cell, part) => {
		const end = open(index, cell);
		part.addEventListener('closed', end, { once: true });
	};
}

function followHash(table) {
	const wanted = /^#case-(\d+)$/.exec(location.hash);
	if (wanted)
		table.open(Number(wanted[1]));
}

async function main() {
	const started = performance.now(), body = one('#cases-table');
	let opener = null;
	const table = body && new Table(body, (...part) => opener(...part));
	listParts();
	if (facts.history)
		enliven(facts.history, facts.looks);
	document.documentElement.dataset.stands = Math.round(performance.now() - started);
	if (!canUnpack())
		return;
	await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
	const text = await unpack(one('#packed')), content = JSON.parse(text);
	opener = openerOf(content);
	offerRaw(text);
	if (facts.kind === 'result')
		new Overview(content.cases, facts);
	if (table) {
		table.makeOpenable();
		addEventListener('hashchange', () => followHash(table));
		followHash(table);
	}
	document.documentElement.dataset.alive = Math.round(performance.now() - started);
}

main().catch((error) => {
	one('#raw-words').textContent = `The packed document could not be read: ${error.message}`;
	console.error(error);
});
