// Latency by percentile: the axis shows how rare a wait is, a power of ten a step, as HdrHistogram draws it.
import { all } from './dom.js';
import { boundsOf, metricOf } from './panels.js';
import { plot } from './plot.js';
import { interval, isNumber, metricWords, quantity } from './words.js';

// Of a workload that has both, the second is drawn thin beside the first.
const PAIRS = [['response', 'latency'], ['last_byte', 'first_byte'], ['last', 'first']];
const WORDS = { response: 'response time, from the planned send', latency: 'service time, from the send',
	last_byte: 'until the last byte', first_byte: 'until the first byte', last: 'until the last ran', first: 'until the first ran',
	late: "lateness of a sleep's end" };
const PERCENTILE = /^(?!generator)(.+)_p(\d\d)(\d*)$/;

const rarity = (share) => Math.log10(1 / (1 - share));
const percent = (share) => share < 1 ? `${Number((share * 100).toFixed(4))} %` : 'max';

const trialsWith = (metric) => metric.trials.filter(isNumber).length;

// Without those that some trials had too few messages for: the median of the others would be of luckier ones.
function inAllTrials(metrics) {
	const most = Math.max(...[...metrics.values()].map(trialsWith));
	return new Map([...metrics].filter(([, metric]) => trialsWith(metric) === most));
}

function withMost(kase, what, metrics) {
	const most = metricOf(kase, `${what}_max`);
	return most ? new Map([...metrics, [1, most]]) : metrics;
}

// What was timed: its metrics by share of all messages, 1 being the most that was seen.
function curvesOf(kase) {
	const curves = new Map();
	for (const name of Object.keys(kase.metrics || {})) {
		const [, what, whole, part] = PERCENTILE.exec(name) || [], metric = what && metricOf(kase, name);
		if (metric && metric.unit === 'ns')
			curves.set(what, (curves.get(what) || new Map()).set(Number(`0.${whole}${part}`), metric));
	}
	return new Map([...curves].map(([what, metrics]) => [what, withMost(kase, what, inAllTrials(metrics))])
		.filter(([, metrics]) => metrics.size > 1));
}

function chosen(curves) {
	const pair = PAIRS.find(([first]) => curves.has(first));
	return (pair || [...curves.keys()].slice(0, 1)).filter((what) => curves.has(what));
}

// The lines of a case; `name` says whose they are where there are several.
export function latencyLines(kase, look, name) {
	const curves = curvesOf(kase);
	return chosen(curves).map((what, i) => ({ look, metrics: curves.get(what), isSecond: i > 0, quiet: Boolean(name && i),
		name: [name, (i || !name) && (WORDS[what] || metricWords(what))].filter(Boolean).join(', '), spanGaps: false,
		...i ? { dash: [2, 2], width: 1, radius: 2 } : {} }));
}

// The most that was seen stands a step beyond the last percentile, as in the figures of `heddle plot`.
function placesOf(shares) {
	const places = shares.filter((share) => share < 1).map(rarity);
	return places.length < shares.length ? [...places, places[places.length - 1] + Math.log10(6)] : places;
}

export function latencyPlot(host, lines, height = 190) {
	if (!lines.length)
		return null;
	const shares = [...new Set(lines.flatMap((line) => [...line.metrics.keys()]))].sort((a, b) => a - b);
	const places = placesOf(shares);
	for (const line of lines) {
		const found = shares.map((share) => line.metrics.get(share));
		line.values = found.map((metric) => metric ? metric.median : null);
		line.bounds = found.map((metric) => metric ? boundsOf(metric) : null);
		line.hollow = shares.map(() => line.isSecond);
	}
	const log = lines.some((line) => line.values.some((value) => value > 0));
	return plot(host, { label: 'Latency by percentile; arrow keys walk along the percentiles', height, lines,
		x: { values: places, splits: places, label: 'of all were quicker', tick: (place) => percent(shares[places.indexOf(place)]),
			words: (index) => percent(shares[index]) },
		y: { label: 'time', unit: 'ns', log },
		words: (value, line, index) => value == null ? '-' :
			quantity(value, 'ns') + (line.bounds[index] ? ` (${interval(line.bounds[index], 'ns')})` : '') });
}

// The pictures of all models, alive when they come near.
export function enlivenLatency(cases, looks) {
	const watcher = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => {
		watcher.unobserve(target);
		const { title, latency } = target.dataset;
		const lines = cases.filter((kase) => kase.title === title && kase.cores === Number(latency))
			.flatMap((kase) => latencyLines(kase, looks[kase.series], kase.series));
		target.classList.toggle('alive', Boolean(latencyPlot(target, lines, 280)));
	}), { rootMargin: '300px' });
	all('figure[data-latency]').forEach((figure) => watcher.observe(figure));
}
