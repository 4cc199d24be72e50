// The marker of a line, as matplotlib names them, so that figures and page look alike. Sides, turn, inner radius.
const SHAPES = {
	s: [4, 45], D: [4, 0], d: [4, 0, 0, 0.6], '^': [3, 0], v: [3, 180], '<': [3, 270], '>': [3, 90], p: [5, 0], h: [6, 0],
	H: [6, 30], 8: [8, 22.5], '*': [5, 0, 0.4], P: [4, 0, 0.4], X: [4, 45, 0.4],
};

export function trace(context, marker, x, y, radius) {
	const shape = SHAPES[marker];
	context.beginPath();
	if (!shape) {
		context.arc(x, y, radius, 0, 2 * Math.PI);
		return;
	}
	const [sides, turn, inner = 0, width = 1] = shape;
	const corners = inner ? 2 * sides : sides;
	for (let i = 0; i < corners; i++) {
		const angle = (turn / 180 + 2 * i / corners) * Math.PI, r = 1.25 * radius * (inner && i % 2 ? inner : 1);
		context.lineTo(x + width * r * Math.sin(angle), y - r * Math.cos(angle));
	}
	context.closePath();
}
