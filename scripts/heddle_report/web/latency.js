// Latency by percentile: the axis shows how rare a wait is, a power of ten a step, as HdrHistogram draws it.
import { metricOf, boundsOf } from './panels.js';
import { plot } from './plot.js';
import { interval, quantity } from './words.js';

const PERCENTILES = [['p50', 0.5], ['p90', 0.9], ['p99', 0.99], ['p999', 0.999], ['p9999', 0.9999]];
const KINDS = [['response', 'response time, from the planned send', []], ['latency', 'service time, from the send', [2, 2]]];

const rarity = (share) => Math.log10(1 / (1 - share));
const percent = (share) => `${Number((share * 100).toFixed(4))} %`;

export function latencyPlot(host, kase, look) {
	const read = ([kind, name, dash]) => {
		const found = PERCENTILES.map(([suffix]) => metricOf(kase, `${kind}_${suffix}`));
		return { name, dash, look, values: found.map((metric) => metric ? metric.median : null),
			bounds: found.map((metric) => metric ? boundsOf(metric) : null) };
	};
	const lines = KINDS.map(read).filter((line) => line.values.filter((value) => value != null).length > 1);
	if (!lines.length)
		return null;
	const known = PERCENTILES.map((entry, i) => i).filter((i) => lines.some((line) => line.values[i] != null));
	for (const line of lines) {
		line.values = known.map((i) => line.values[i]);
		line.bounds = known.map((i) => line.bounds[i]);
	}
	const shares = known.map((i) => PERCENTILES[i][1]), places = shares.map(rarity);
	const values = lines.flatMap((line) => line.values).filter((value) => value > 0);
	return plot(host, { label: 'Latency by percentile; arrow keys walk along the percentiles', height: 190, lines,
		x: { values: places, splits: places, label: 'of all messages were quicker', tick: (place) => percent(1 - 10 ** -place),
			words: (index) => percent(shares[index]) },
		y: { label: 'latency, log scale', log: values.length > 0, tick: (value) => quantity(value, 'ns') },
		words: (value, line, index) => quantity(value, 'ns') + (line.bounds[index] ? ` (${interval(line.bounds[index], 'ns')})` : '') });
}
