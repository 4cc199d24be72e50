// What stood beside a trial's windows: each gauge as a share or a rate that can be looked at.
import { isNumber } from './words.js';

const perSecond = (key) => (gauges) => ratio(gauges[key], gauges.observed_ns, 1e9);
const shareOfCores = (key) => (gauges, kase) => ratio(gauges[key], gauges.observed_ns * kase.cores, 100);
const shareOfTime = (key) => (gauges) => ratio(gauges[key], gauges.observed_ns, 100);

const ratio = (part, whole, factor) => isNumber(part) && whole > 0 ? factor * part / whole : null;
const plain = (key) => (gauges) => isNumber(gauges[key]) ? gauges[key] : null;

export const GAUGES = [
	{ name: 'CPU used by the model', unit: 'percent', read: shareOfCores('cpu_ns') },
	{ name: 'CPU used by others', unit: 'percent', read: shareOfCores('others_cpu_ns') },
	{ name: 'stolen by the hypervisor', unit: 'percent', read: shareOfCores('steal_ns') },
	{ name: 'CPU pressure', unit: 'percent', read: shareOfTime('cpu_pressure_ns') },
	{ name: 'I/O pressure', unit: 'percent', read: shareOfTime('io_pressure_ns') },
	{ name: 'waited for a processor', unit: 'percent', read: shareOfTime('run_delay_ns') },
	{ name: 'context switches', unit: '/s', read: perSecond('context_switches') },
	{ name: 'migrations', unit: '/s', read: perSecond('migrations') },
	{ name: 'throttled periods', unit: '', read: plain('throttled_periods') },
	{ name: 'frequency', unit: 'Hz', read: plain('frequency_after_hz') },
	{ name: 'observer late', unit: 'ns', read: plain('observer_late_ns') },
	{ name: 'peak memory', unit: 'bytes', read: plain('peak_resident_bytes') },
	{ name: 'cycles', unit: '', read: plain('cycles') },
	{ name: 'instructions', unit: '', read: plain('instructions') },
	{ name: 'cache misses', unit: '', read: plain('cache_misses') },
];
