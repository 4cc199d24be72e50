// One case in full: its trials in the order they ran, windows in them, gauges under them, all metrics, latency.
import { make, one, table } from './dom.js';
import { GAUGES } from './gauges.js';
import { latencyLines, latencyPlot } from './latency.js';
import { boundsOf, gateOf, metricOf } from './panels.js';
import { plot } from './plot.js';
import { count, digits, interval, isNumber, metricWords, quantity, valueText } from './words.js';

const settings = (object) =>
	Object.entries(object || {}).map(([key, value]) => `${key}=${valueText(value)}`).join('  ') || 'none';

function facts(kase) {
	const rows = [['Parameters', settings(kase.params)], ['Options', settings(kase.options)],
		['Processors', (kase.cpus || []).join(', ')], ['Load generator on', (kase.generator_cpus || []).join(', ')],
		['Key', kase.key]].filter(([, words]) => words);
	return make('dl', { class: 'facts' }, rows.map(([name, words]) =>
		make('div', {}, make('dt', {}, name), make('dd', {}, words))));
}

export const inOrder = (trials) => trials.map((trial, index) => ({ trial, index }))
	.sort((a, b) => a.trial.round - b.trial.round || a.trial.order - b.trial.order);

// The value of each trial, in the order they ran; where it failed there is a gap, and the gap is named.
function trialsPlot(host, kase, look) {
	const gate = gateOf(kase), metric = kase.metrics?.[gate], trials = inOrder(kase.trials);
	const values = trials.map(({ index }) => metric?.trials[index] ?? null);
	if (!metric || !values.some(isNumber))
		return null;
	const lines = [{ name: metricWords(gate), values, look, plain: false, radius: 4 }];
	const whole = metricOf(kase, gate);
	if (whole) {
		const look = { light: '#888', dark: '#999', marker: 'o' };
		const pair = boundsOf(whole), bound = { look, points: false, width: 1, quiet: true };
		lines.push({ ...bound, name: 'median', values: values.map(() => whole.median) });
		if (pair)
			pair.forEach((value, i) => lines.push({ ...bound, dash: [2, 2], name: i ? 'upper bound' : 'lower bound',
				values: values.map(() => value) }));
	}
	return plot(host, { label: 'Trials in the order they ran; arrow keys walk along them', height: 190, lines,
		x: byTrial(trials), y: { label: metricWords(gate), unit: metric.unit },
		words: (value) => quantity(value, metric.unit) });
}

const byTrial = (trials) => ({
	values: trials.length > 1 ? trials.map((entry, i) => i) : [0], label: 'trials in the order they ran',
	splits: trials.length <= 24 ? trials.map((entry, i) => i) : undefined,
	tick: (place) => Number.isInteger(place) && trials[place] ? String(trials[place].trial.round) : '',
	words: (index) => `round ${trials[index].trial.round}`,
});

function windowsPlot(host, kase, look) {
	const trials = inOrder(kase.trials), places = [], rates = [], words = [];
	trials.forEach(({ trial }, nth) => {
		const windows = trial.window_ns.length;
		trial.window_ns.forEach((ns, i) => {
			places.push(nth + (i + 0.5) / windows * 0.86);
			rates.push(ns > 0 && isNumber(trial.window_ops[i]) ? trial.window_ops[i] * 1e9 / ns : null);
			words.push(`round ${trial.round}, window ${i + 1}`);
		});
		places.push(nth + 0.93);
		rates.push(null);
		words.push('');
	});
	if (!rates.some(isNumber))
		return null;
	const metric = kase.metrics?.[gateOf(kase)], unit = metric?.unit.endsWith('/s') && kase.workload !== 'copy' ? metric.unit : '/s';
	return plot(host, { label: 'Windows within trials; arrow keys walk along them', height: 190,
		x: { values: places, label: 'windows within trials', splits: trials.map((entry, i) => i + 0.43),
			words: (index) => words[index],
			tick: (place) => trials.length > 24 && Math.round(place) % 10 ? '' :
				String(trials[Math.floor(place)]?.trial.round ?? '') },
		y: { label: 'rate of a window', unit },
		lines: [{ name: 'rate', values: rates, look: { ...look, marker: 'o', dash: [] }, spanGaps: false, radius: 1.6, width: 1 }],
		words: (value) => quantity(value, unit) });
}

// A small strip for each gauge that has a number, all with the axis of the trials above them.
function gaugePlots(host, kase) {
	const trials = inOrder(kase.trials), ends = [], look = { light: '#5a6472', dark: '#a9b4c2', marker: 'o' };
	for (const gauge of GAUGES) {
		const values = trials.map(({ trial }) => gauge.read(trial.gauges, kase));
		if (!values.some((value) => value))
			continue;
		ends.push(plot(host, { label: `${gauge.name}; arrow keys walk along the trials`, height: 110,
			x: { ...byTrial(trials), label: null },
			y: { label: gauge.name, unit: gauge.unit },
			lines: [{ name: gauge.name, values, look, radius: 2.2, width: 1 }], words: (value) => quantity(value, gauge.unit) }));
	}
	if (!ends.length)
		host.append(make('p', { class: 'about' }, 'All gauges are zero, or could not be read.'));
	return ends;
}

function metricsTable(kase) {
	const rows = Object.entries(kase.metrics || {}).map(([name, metric]) => [metricWords(name), quantity(metric.median, metric.unit),
		interval(metric.ci95, metric.unit), quantity(metric.mad, metric.unit),
		`${metric.trials.filter(isNumber).length} of ${metric.trials.length}`]);
	return rows.length ? table(['Metric', 'Median', '95 % interval', 'MAD', 'Trials'], rows) : null;
}

function spreadWords(kase) {
	const spread = kase.spread || {}, words = [
		isNumber(spread.between_trials_percent) && `trials spread by ${digits(spread.between_trials_percent)} %`,
		isNumber(spread.within_trials_percent) && `windows within trials by ${digits(spread.within_trials_percent)} %`,
		isNumber(spread.smallest_change_percent) &&
			`the smallest change that could have been seen is ${digits(spread.smallest_change_percent)} %`,
		kase.stalled_windows > 0 && `${count(kase.stalled_windows, 'window')} stalled`].filter(Boolean);
	return words.length ? make('p', {}, words.join('; ') + '.') : null;
}

function figure(host, title, draw) {
	const box = make('figure', {}, make('figcaption', {}, title));
	host.append(box);
	const end = draw(box);
	if (!end)
		box.remove();
	return end;
}

// What is told of a failure stands on the page already; it comes along.
function troubleOf(id) {
	const told = id && document.getElementById(id);
	if (!told)
		return null;
	const copy = told.cloneNode(true);
	copy.removeAttribute('id');
	copy.open = true;
	return copy;
}

export function openCase(host, kase, looks, trouble) {
	const look = looks[kase.series], ends = [];
	host.append(make('h3', {}, kase.name));
	if (kase.reason && !document.getElementById(trouble))
		host.append(make('p', {}, make('strong', { class: 'bad' }, kase.status), `: ${kase.reason}`));
	host.append(...[troubleOf(trouble), ...kase.notes.map((note) => make('p', {}, note)), spreadWords(kase)].filter(Boolean));
	const grid = make('div', { class: 'figures' });
	host.append(grid);
	ends.push(figure(grid, 'Trials', (box) => trialsPlot(box, kase, look)),
		figure(grid, 'Windows', (box) => windowsPlot(box, kase, look)),
		figure(grid, 'Latency', (box) => latencyPlot(box, latencyLines(kase, look))));
	const gauges = make('div', { class: 'figures strips' });
	host.append(make('h4', {}, 'Gauges, trial by trial'), gauges);
	ends.push(...gaugePlots(gauges, kase));
	host.append(make('h4', {}, 'All that was measured'), metricsTable(kase) || make('p', {}, 'No number.'), facts(kase));
	return () => ends.forEach((end) => end && end());
}

export { figure };
