// Numbers in words: the other half of words.py, and of core/format.c.
const SCALES = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n']];
const UNITS = { 'bytes/s': 'B/s', 'round trips/s': '/s', 'messages/s': '/s', bytes: 'B' };
const PLAIN = { 1: '', percent: '%' };

export const isNumber = (value) => typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 1e300;

const scaleOf = (value) =>
	value ? SCALES.find(([factor]) => Math.abs(value) >= factor * 0.9995) || SCALES[7] : SCALES[4];

export function digits(value) {
	const size = Math.abs(value);
	return value.toFixed(size >= 99.95 || value === 0 ? 0 : size >= 9.995 ? 1 : size >= 0.0995 ? 2 : 3);
}

// The value in its unit, the factor of a prefix, the unit with the prefix.
function scaled(value, unit) {
	if (unit in PLAIN)
		return [value, 1, PLAIN[unit]];
	const seconds = unit === 'ns';
	const [factor, prefix] = scaleOf(seconds ? value * 1e-9 : value);
	if (seconds)
		return [value * 1e-9, Math.max(factor, 1e-9), prefix + 's'];
	return [value, factor, prefix + (UNITS[unit] ?? unit)];
}

// Of an axis: the unit stands once, in its name; but times keep theirs, since "m" alone would be no millisecond.
export function tickWords(value, unit) {
	if (unit === 'ns' || unit in PLAIN)
		return quantity(value, unit);
	const [factor, prefix] = scaleOf(value);
	return `${Number(digits(value / factor))} ${prefix}`.trimEnd();
}

export const axisName = (name, unit, log) =>
	[name, unit === 'ns' || unit in PLAIN ? '' : unit, log ? 'log scale' : ''].filter(Boolean).join(', ');

export function quantity(value, unit) {
	if (!isNumber(value))
		return '-';
	const [base, factor, words] = scaled(value, unit);
	return `${digits(base / factor)} ${words}`.trimEnd();
}

export const isPair = (pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isNumber);

export const interval = (pair, unit) => isPair(pair) ? `${quantity(pair[0], unit)} … ${quantity(pair[1], unit)}` : '-';

export const count = (amount, word) => `${amount} ${word}${amount === 1 ? '' : 's'}`;

export const metricWords = (name) => name.replaceAll('_', ' ');

export const valueText = (value) => value == null ? '' : String(value);
