// What is drawn together: the other half of panels.py, over any metric.
import { isNumber, isPair } from './words.js';

export const gateOf = (kase) => Object.keys(kase.metrics || {})[0];

export function metricOf(kase, name) {
	const metric = kase.status === 'ok' && kase.metrics ? kase.metrics[name] : undefined;
	return metric && isNumber(metric.median) ? metric : undefined;
}

export const boundsOf = (metric) => isPair(metric.ci95) ? metric.ci95 : null;

export function panelsOf(cases) {
	const panels = new Map();
	cases.forEach((kase, index) => {
		if (!panels.has(kase.title))
			panels.set(kase.title, { title: kase.title, cases: [] });
		panels.get(kase.title).cases.push({ kase, index });
	});
	return [...panels.values()];
}

// The metrics of which at least one case has a number, in the order that they come in.
export function metricsIn(cases) {
	const names = new Set();
	for (const kase of cases)
		for (const name of Object.keys(kase.metrics || {}))
			if (metricOf(kase, name))
				names.add(name);
	return [...names];
}

export const GATE = '', EFFICIENCY = ' efficiency';

// X(N) / (N X(1)): needs the case of one core.
function efficiencyOf(entries) {
	const single = entries.find(({ kase }) => kase.cores === 1);
	const base = single && metricOf(single.kase, gateOf(single.kase));
	if (!base || !(base.median > 0))
		return () => undefined;
	return (kase) => {
		const metric = metricOf(kase, gateOf(kase)), whole = kase.cores * base.median;
		return metric && { unit: 'percent', median: 100 * metric.median / whole,
			ci95: boundsOf(metric) && metric.ci95.map((bound) => 100 * bound / whole) };
	};
}

// Of one panel: core counts, and a line a series with a value for each of them.
export function linesOf(panel, metric) {
	const cores = [...new Set(panel.cases.map(({ kase }) => kase.cores))].sort((a, b) => a - b);
	const series = Map.groupBy ? Map.groupBy(panel.cases, ({ kase }) => kase.series) : grouped(panel.cases);
	const lines = [];
	let unit = '';
	for (const [name, entries] of series) {
		const read = metric === EFFICIENCY ? efficiencyOf(entries) :
			(kase) => metricOf(kase, metric === GATE ? gateOf(kase) : metric);
		const found = cores.map((count) => entries.map(({ kase }) => kase.cores === count && read(kase)).find(Boolean));
		if (!found.some(Boolean))
			continue;
		unit = found.find(Boolean).unit;
		lines.push({ name, values: found.map((one) => one ? one.median : null),
			bounds: found.map((one) => one ? boundsOf(one) : null),
			hollow: cores.map((count) => entries.some(({ kase }) => kase.cores === count && kase.shared)) });
	}
	return { cores, lines, unit };
}

function grouped(entries) {
	const groups = new Map();
	for (const entry of entries)
		groups.set(entry.kase.series, [...groups.get(entry.kase.series) || [], entry]);
	return groups;
}
