// The panels over cores, alive: any metric, scales, the ideal line and the fit, legends that tell values.
import { all, make, one, select } from './dom.js';
import { EFFICIENCY, GATE, gateOf, linesOf, metricsIn, panelsOf } from './panels.js';
import { plot } from './plot.js';
import { count, interval, isNumber, metricWords, quantity } from './words.js';

export class Overview {
	constructor(cases, facts) {
		this.facts = facts;
		this.panels = panelsOf(cases);
		this.figures = all('figure[data-panel]').map((figure) => ({ figure, end: null, drawn: '' }));
		this.view = { metric: GATE, scale: 'auto', ideal: true, fit: true };
		this.watcher = new IntersectionObserver((entries) => entries.forEach((entry) => {
			const known = this.figures.find(({ figure }) => figure === entry.target);
			known.seen = entry.isIntersecting;
			if (known.seen)
				this.draw(known);
		}), { rootMargin: '300px' });
		one('#pictures .figures').before(this.controls(cases));
		this.figures.forEach(({ figure }) => this.watcher.observe(figure));
	}

	controls(cases) {
		const metrics = [[GATE, 'throughput, or what a workload is judged by'], [EFFICIENCY, 'efficiency'],
			...metricsIn(cases).map((name) => [name, metricWords(name)])];
		const change = (key) => (value) => {
			this.view[key] = value;
			this.figures.filter(({ seen }) => seen).forEach((known) => this.draw(known));
		};
		const tick = (key, words) => make('label', {}, make('input', { type: 'checkbox', checked: this.view[key],
			onchange: (event) => change(key)(event.target.checked) }), ' ' + words);
		return make('form', { class: 'filters', 'aria-label': 'What the pictures show', onsubmit: (event) => event.preventDefault() },
			select('Metric', metrics, GATE, change('metric')),
			select('Scale', [['auto', 'as fits'], ['linear', 'linear'], ['log', 'log']], 'auto', change('scale')),
			tick('ideal', 'ideal'), this.facts.fits && tick('fit', 'scalability fit'));
	}

	draw(known) {
		const wanted = JSON.stringify(this.view);
		if (known.drawn === wanted)
			return;
		known.drawn = wanted;
		if (known.end)
			known.end();
		known.end = this.plotted(known.figure, this.panels[Number(known.figure.dataset.panel)]);
		known.figure.classList.toggle('alive', Boolean(known.end));
	}

	isLog(lines) {
		if (this.view.scale !== 'auto')
			return this.view.scale === 'log';
		const values = lines.flatMap((line) => line.values).filter((value) => value != null);
		return Math.min(...values) > 0 && Math.max(...values) > 30 * Math.min(...values);
	}

	plotted(figure, panel) {
		const { metric } = this.view, { cores, lines, unit } = linesOf(panel, metric);
		one('.none', figure)?.remove();
		if (metric === GATE && cores.length === 1)
			return null; // the list that stands there already is the better picture
		if (!lines.length) {
			const words = metric === EFFICIENCY ? 'No efficiency: no case of one core.' : 'Not measured here.';
			figure.append(make('p', { class: 'none about' }, words));
			return () => {};
		}
		for (const line of lines)
			line.look = this.facts.looks[line.name];
		const name = metric === GATE ? metricWords(gateOf(panel.cases[0].kase) || '') : metricWords(metric.trim());
		const log = this.isLog(lines), places = cores.map(Math.log2);
		const guides = this.guides(panel, lines, cores, metric);
		return plot(figure, {
			label: `${panel.title}: ${name} over cores; arrow keys walk along the cores`,
			x: { values: places, splits: places, label: 'cores', tick: (place) => String(Math.round(2 ** place)),
				words: (index) => count(cores[index], 'core') },
			y: { label: name, unit, log },
			lines: [...lines, ...guides],
			words: (value, line, index) => value == null ? '-' :
				quantity(value, unit) + (line.bounds?.[index] ? ` (${interval(line.bounds[index], unit)})` : ''),
			height: 280,
		});
	}

	// The fitted law, as far as its line was measured.
	curves(panel, lines, cores, metric) {
		if (!this.view.fit || metric !== GATE)
			return [];
		return (this.facts.fits || []).filter((fit) => fit.title === panel.title).flatMap((fit) => {
			const line = lines.find((known) => known.name === fit.series), law = (n) =>
				fit.rate * n / (1 + fit.contention * (n - 1) + fit.coherence * n * (n - 1));
			return line ? [{ name: `${fit.series}, fit`, look: line.look, dash: [1.5, 1.5], points: false, width: 1, quiet: true,
				values: cores.map((number) => number <= cores[line.values.findLastIndex(isNumber)] ? law(number) : null) }] : [];
		});
	}

	// What a line is held against. The ideal is of the best that one core does.
	guides(panel, lines, cores, metric) {
		const guides = this.curves(panel, lines, cores, metric), look = { light: '#888', dark: '#999', marker: 'o' };
		if (this.view.ideal && cores.length > 1 && metric === EFFICIENCY)
			guides.push({ name: 'ideal', values: cores.map(() => 100), look, dash: [1, 2], points: false, width: 1 });
		if (this.view.ideal && cores.length > 1 && metric === GATE && cores[0] === 1) {
			const best = Math.max(...lines.map((line) => line.values[0] ?? 0));
			if (best > 0)
				guides.push({ name: 'ideal', look, dash: [1, 2], points: false, width: 1, guide: true,
					values: cores.map((number) => best * number) });
		}
		return guides;
	}
}
