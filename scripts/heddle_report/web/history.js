// Lines over time, alive. The values are the page's own: older results are not packed into it.
import { all } from './dom.js';
import { plot } from './plot.js';
import { interval, quantity } from './words.js';

function drawn(figure, panel, looks) {
	const places = panel.dates.map((date, i) => i);
	const lines = Object.entries(panel.lines).map(([name, points]) => {
		const at = new Map(points.map(([place, ...rest]) => [place, rest]));
		return { name, look: looks[name], spanGaps: false, values: places.map((place) => at.get(place)?.[0] ?? null),
			bounds: places.map((place) => at.get(place)?.[1] ?? null) };
	});
	const short = (place) => Number.isInteger(place) && panel.dates[place] ? panel.dates[place].slice(5) : '';
	return plot(figure, { label: `${panel.title} over time; arrow keys walk along the results`, height: 260, lines,
		x: { values: places, label: 'results, oldest first', tick: short, words: (index) => panel.dates[index] },
		y: { label: panel.metric, unit: panel.unit },
		words: (value, line, index) => value == null ? '-' :
			quantity(value, panel.unit) + (line.bounds[index] ? ` (${interval(line.bounds[index], panel.unit)})` : '') });
}

export function enliven(panels, looks) {
	const watcher = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
		watcher.unobserve(entry.target);
		drawn(entry.target, panels[Number(entry.target.dataset.history)], looks);
		entry.target.classList.add('alive');
	}), { rootMargin: '300px' });
	all('figure[data-history]').forEach((figure) => watcher.observe(figure));
}
