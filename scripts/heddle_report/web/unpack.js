// The raw document from the page, byte for byte as the file was: the other half of pack.py.
const NUMBER = '\x01', COLUMN = '\x02';

export const canUnpack = () => typeof DecompressionStream === 'function';

async function inflated(base64) {
	const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
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
			out.push(column.values[column.next++]);
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
