/**
 * The beginning of a text. What is cut is made anew: in V8 a piece of a text keeps the whole of it in
 * memory, and what is held is meant to be small.
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return JSON.parse(JSON.stringify(text.slice(0, maxLength))) as string;
}
