// The raw document from the page, byte for byte as the file was: the other half of pack.py.
const NUMBER = '\x01', COLUMN = '\x02', SPACED = ';';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~';

export const canUnpack = () => typeof DecompressionStream === 'function';

function bytesOf(base85) {
	const values = new Uint8Array(128), missing = (5 - base85.length % 5) % 5, text = base85 + '~'.repeat(missing);
	[...DIGITS].forEach((digit, value) => values[digit.charCodeAt(0)] = value);
	const words = new DataView(new ArrayBuffer(text.length / 5 * 4));
	for (let i = 0; i < text.length; i += 5) {
		let word = 0;
		for (let j = i; j < i + 5; j++)
			word = word * 85 + values[text.charCodeAt(j)];
		words.setUint32(i / 5 * 4, word);
	}
	return new Uint8Array(words.buffer, 0, words.byteLength - missing);
}

async function inflated(base85) {
	const stream = new Blob([bytesOf(base85)]).stream().pipeThrough(new DecompressionStream('gzip'));
	return new Response(stream).text();
}

function columnsOf(parts) {
	const columns = new Map();
	for (let i = 1; i + 1 < parts.length; i += 2)
		columns.set(parts[i], { values: parts[i + 1].split('\n'), next: 0 });
	return columns;
}

// Puts the numbers back: each belongs to the key that was last seen before it.
function joined(text) {
	const parts = text.split(COLUMN), columns = columnsOf(parts), out = [];
	const token = /("(?:[^"\\]|\\.)*")(\s*:)?/g;
	let key = '';
	parts[0].split(NUMBER).forEach((piece, i) => {
		if (i) {
			const column = columns.get(key);
			out.push(column.values[column.next++].replaceAll(SPACED, ', '));
		}
		if (piece.includes('"')) // mostly it is a comma
			for (const found of piece.matchAll(token))
				if (found[2] !== undefined)
					key = found[1];
		out.push(piece);
	});
	return out.join('');
}

export async function unpack(element) {
	return joined(await inflated(element.textContent.trim()));
}
