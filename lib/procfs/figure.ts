/** A decimal figure as it stands in a pseudo-file; NaN rather than a rounded one where a double cannot hold it. */
export function decimalFigure(text: string): number {
  const figure = Number(text);
  return Number.isSafeInteger(figure) ? figure : NaN;
}
