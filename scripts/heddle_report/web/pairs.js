// One verdict in full: the trials of both sides, pair by pair.
import { make } from './dom.js';
import { figure, openCase } from './opened.js';
import { plot } from './plot.js';
import { isNumber, metricWords, quantity } from './words.js';

const NEW = { light: '#AB3116', dark: '#ff8a6b', marker: 'D' }, BASE = { light: '#004284', dark: '#7db8e8', marker: 'o' };

const indexOf = (side, name) => (side.cases || []).findIndex((kase) => kase.name === name);

function pairsPlot(host, metric, sides) {
	const [base, fresh] = sides.map((kase) => kase.metrics?.[metric]);
	if (!base || !fresh)
		return null;
	const length = Math.max(base.trials.length, fresh.trials.length), pad = (trials) =>
		Array.from({ length }, (nothing, i) => isNumber(trials[i]) ? trials[i] : null);
	if (!length)
		return null;
	return plot(host, { label: 'Both sides, pair by pair; arrow keys walk along the pairs', height: 240,
		x: { values: Array.from({ length }, (nothing, i) => i + 1), label: 'pairs', words: (index) => `pair ${index + 1}`,
			tick: (place) => Number.isInteger(place) ? String(place) : '' },
		y: { label: metricWords(metric), unit: base.unit },
		lines: [{ name: 'base', values: pad(base.trials), look: BASE, width: 1 },
			{ name: 'new', values: pad(fresh.trials), look: NEW, width: 1 }],
		words: (value) => quantity(value, base.unit) });
}

export function openVerdict(host, content, verdict, looks) {
	const places = [content.base, content.new].map((side) => indexOf(side, verdict.case));
	host.append(make('h3', {}, verdict.case));
	if (places.includes(-1)) {
		const why = content.base.results ? ': two results were compared.' : '.';
		host.append(make('p', {}, 'Its trials are not in this document' + why));
		return () => {};
	}
	const sides = places.map((place, i) => (i ? content.new : content.base).cases[place]);
	const ends = [figure(host, 'Pairs', (box) => pairsPlot(box, verdict.metric, sides))];
	sides.forEach((kase, i) => {
		const box = make('div'), words = i ? 'The new side in full' : 'The base side in full';
		const part = make('details', { ontoggle: () => {
			if (part.open && !box.hasChildNodes())
				ends.push(openCase(box, kase, looks, `trouble-${i ? 'new' : 'base'}-${places[i]}`));
		} }, make('summary', {}, words), box);
		host.append(part);
	});
	return () => ends.forEach((end) => end && end());
}
