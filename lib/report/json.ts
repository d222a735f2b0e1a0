// What JSON.stringify leaves raw in strings and a terminal would obey or hide; escaped, the document means the same.
const UNSAFE = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * One JSON document and a newline. Rows of the lists at its top stand one on a line, so that it can be read,
 * searched and compared line by line.
 */
export function formatJson(document: object): string {
  const fields = Object.entries(document).filter(([, value]) => value !== undefined);
  const lines = fields.map(([name, value]) => `  ${JSON.stringify(name)}: ${formatField(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`.replace(
    UNSAFE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function formatField(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return JSON.stringify(value);
  return `[\n${value.map((row) => `    ${JSON.stringify(row)}`).join(',\n')}\n  ]`;
}
