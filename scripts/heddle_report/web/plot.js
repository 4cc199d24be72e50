// One chart: lines with intervals over a shared axis, in the colours of the page, for mouse, finger and keyboard.
import uPlot from 'uplot';
import { make } from './dom.js';
import { trace } from './marks.js';
import { axisName, isNumber, tickWords } from './words.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const charts = new Set();

const page = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colourOf = (look) => (dark.matches ? look.dark : look.light) ?? page('--ink');
dark.addEventListener('change', () => charts.forEach((chart) => chart.redraw()));
const dashOf = (line) => (line.dash ?? line.look.dash ?? []).map((length) => length * 2);
const widthOf = (line) => line.plain === false ? 0 : line.width ?? 1.8;

function drawMarks(chart, line, index) {
	const { ctx, data } = chart, ratio = devicePixelRatio, look = line.look;
	ctx.save();
	ctx.strokeStyle = ctx.fillStyle = colourOf(look);
	ctx.lineWidth = 1.3 * ratio;
	data[0].forEach((x, i) => {
		const left = chart.valToPos(x, 'x', true), value = data[index][i];
		const pair = line.bounds && line.bounds[i];
		if (pair) {
			ctx.beginPath();
			pair.forEach((bound) => ctx.lineTo(left, chart.valToPos(bound, 'y', true)));
			ctx.stroke();
		}
		if (isNumber(value) && line.points !== false) {
			trace(ctx, look.marker, left, chart.valToPos(value, 'y', true), (line.radius ?? 3) * ratio);
			ctx.fillStyle = line.hollow && line.hollow[i] ? page('--paper') : colourOf(look);
			ctx.fill();
			ctx.stroke();
		}
	});
	ctx.restore();
}

function seriesOf(line, words) {
	return {
		label: line.name,
		class: line.quiet ? 'quiet' : undefined,
		stroke: () => colourOf(line.look),
		width: widthOf(line),
		dash: dashOf(line),
		points: { show: false },
		spanGaps: line.spanGaps ?? true,
		paths: line.scatter ? () => null : undefined,
		value: (chart, value, index, at) => at == null ? '' : words(value, line, at),
	};
}

const FONT = '11px system-ui, "DejaVu Sans", sans-serif', TICK = 4, GAP = 5;

function axisOf(axis) {
	const grid = () => page('--grid');
	return { stroke: () => page('--dim'), grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: TICK },
		gap: GAP, font: FONT, labelFont: FONT, ...axis };
}

// As wide as the widest label.
function sizeOf(chart, labels) {
	const { ctx } = chart;
	ctx.save();
	ctx.font = FONT;
	const widest = Math.max(0, ...(labels || []).map((label) => ctx.measureText(label).width));
	ctx.restore();
	return Math.ceil(widest) + TICK + GAP + 3;
}

const valueAxis = (y) => axisOf({ size: sizeOf, splits: y.log ? powers : undefined, filter: (chart, ticks) => ticks,
	values: (chart, ticks) => ticks.map((tick) => tick == null ? '' : tickWords(tick, y.unit)) });

const placeAxis = (x) => axisOf({ label: x.label ?? undefined, size: 26, labelSize: 16, splits: x.splits && (() => x.splits),
	values: (chart, ticks) => ticks.map(x.tick) });

// Bounds of all that was measured, a guide may leave them; from zero unless the axis is in powers.
function rangeOf(lines, log) {
	const values = lines.filter((line) => !line.guide)
		.flatMap((line) => [...line.values, ...(line.bounds || []).flat()]).filter(isNumber);
	const good = log ? values.filter((value) => value > 0) : values;
	if (!good.length)
		return log ? [0.1, 1] : [0, 1];
	const low = Math.min(...good), high = Math.max(...good);
	if (log)
		return [low / 1.3, high * 1.3];
	const bottom = low < 0 ? low * 1.05 : 0;
	return [bottom, high > bottom ? high * 1.06 : bottom + 1];
}

// 1, 2, 5, 10, … where few powers are in sight, else the powers alone.
function powers(chart, axis, low, high) {
	const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
	const steps = last - first > 3 ? [1] : last - first > 2 ? [1, 3] : [1, 2, 5], ticks = [];
	for (let power = first; power <= last; power++)
		ticks.push(...steps.map((step) => step * 10 ** power).filter((tick) => tick >= low && tick <= high));
	return ticks;
}

// Arrows walk along the axis; what stands there is told to who cannot see it.
function walkWithKeys(host, chart, lines, x, words) {
	const told = make('p', { class: 'unseen', 'aria-live': 'polite' });
	let at = -1;
	host.append(told);
	host.addEventListener('keydown', (event) => {
		const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		if (!step)
			return;
		event.preventDefault();
		at = Math.min(Math.max(at + step, 0), chart.data[0].length - 1);
		chart.setCursor({ left: chart.valToPos(chart.data[0][at], 'x'), top: 10 });
		told.textContent = x.words(at) + ': ' + lines.map((line) => [line, line.values[at]])
			.filter(([, value]) => isNumber(value))
			.map(([line, value]) => `${line.name} ${words(value, line, at)}`).join(', ');
	});
}

// In the legend a line is drawn as in the picture, with its dash and its marker: colour alone does not tell.
function drawSwatch(canvas, line) {
	const context = canvas.getContext('2d'), [width, height] = [SWATCH.width, SWATCH.height];
	context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
	context.clearRect(0, 0, width, height);
	context.strokeStyle = context.fillStyle = colourOf(line.look);
	if (widthOf(line)) {
		context.lineWidth = widthOf(line);
		context.setLineDash(dashOf(line));
		context.beginPath();
		context.moveTo(0, height / 2);
		context.lineTo(width, height / 2);
		context.stroke();
	}
	if (line.points === false)
		return;
	context.setLineDash([]);
	context.lineWidth = 1.3;
	trace(context, line.look.marker, width / 2, height / 2, line.radius ?? 3);
	context.fillStyle = line.hollow?.every(Boolean) ? page('--paper') : colourOf(line.look);
	context.fill();
	context.stroke();
}

const SWATCH = { width: 28, height: 12 };

function swatches(host, lines) {
	const drawn = [...host.querySelectorAll('.u-series:not(:first-child) th')].map((row, i) => {
		const canvas = make('canvas', { class: 'swatch', width: SWATCH.width * devicePixelRatio,
			height: SWATCH.height * devicePixelRatio });
		row.prepend(canvas);
		return () => drawSwatch(canvas, lines[i]);
	});
	return () => drawn.forEach((draw) => draw());
}

// Lines are switched off and on in the legend, by keys too.
function legendByKeys(host) {
	for (const row of host.querySelectorAll('.u-series:not(:first-child) th')) {
		row.tabIndex = 0;
		row.setAttribute('role', 'button');
		row.addEventListener('keydown', (event) => {
			if (event.key === 'Enter' || event.key === ' ') {
				event.preventDefault();
				row.click();
			}
		});
	}
}

/* x: { values, splits, tick(value), label, words(index) }; y: { label, unit, log };
   lines: { name, look, values, bounds, hollow, … }; words(value, line, index): what the legend says.
   Returns what takes the chart away again. */
export function plot(host, { label, x, y, lines, words, height = 260, extra = {} }) {
	const holder = make('div', { class: 'plot', tabindex: 0, role: 'group', 'aria-label': label });
	if (y.label)
		holder.append(make('p', { class: 'axis-name' }, axisName(y.label, y.unit, y.log)));
	host.append(holder);
	const space = (x.values[x.values.length - 1] - x.values[0]) * 0.04 || 0.5;
	const options = {
		width: holder.clientWidth || 460, height,
		scales: {
			x: { time: false, range: () => [x.values[0] - space, x.values[x.values.length - 1] + space] },
			y: { distr: y.log ? 3 : 1, range: () => y.range ?? rangeOf(lines, y.log) },
		},
		series: [{ label: x.label, value: (chart, value, index, at) => at == null ? '' : x.words(at) },
			...lines.map((line) => seriesOf(line, words))],
		axes: [placeAxis(x), valueAxis(y)],
		cursor: { drag: { x: false, y: false }, points: { size: 7 }, ...extra.cursor },
		legend: { live: true, markers: { show: false } },
		hooks: {
			drawSeries: [(chart, index) => index && chart.series[index].show && drawMarks(chart, lines[index - 1], index)],
			draw: extra.draw ? [extra.draw] : [],
		},
	};
	const chart = new uPlot(options, [x.values, ...lines.map((line) => line.values)], holder);
	walkWithKeys(holder, chart, lines, x, words);
	legendByKeys(holder);
	const redraw = swatches(holder, lines);
	redraw();
	dark.addEventListener('change', redraw);
	const observer = new ResizeObserver(() => {
		if (holder.clientWidth && Math.abs(holder.clientWidth - chart.width) > 1)
			chart.setSize({ width: holder.clientWidth, height });
	});
	observer.observe(holder);
	charts.add(chart);
	return () => {
		observer.disconnect();
		charts.delete(chart);
		dark.removeEventListener('change', redraw);
		chart.destroy();
		holder.remove();
	};
}
