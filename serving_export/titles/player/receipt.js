/** Read what the page shows of the receipt of a version: what was encoded and what it scored. */

export async function readReceipt(base) {
  try {
    const answer = await fetch(`${base}panel.json`);
    return answer.ok ? checked(await answer.json()) : null;
  } catch {
    return null; // the title plays without its receipt; the panel stays hidden
  }
}

function checked(receipt) {
  const numbers = (list, ...names) => (Array.isArray(list) ? list : []).filter((row) => names.every((name) => Number.isFinite(row?.[name])));
  return {
    codecs: receipt.codecs || {},
    ladder: numbers(receipt.ladder, "kbps", "vmaf", "width", "height").filter((rung) => rung.kbps > 0).sort((a, b) => a.kbps - b.kbps),
    front: numbers(receipt.front, "kbps", "vmaf").filter((point) => point.kbps > 0).sort((a, b) => a.kbps - b.kbps),
    fixed: numbers(receipt.fixed, "kbps", "vmaf").filter((rung) => rung.kbps > 0).sort((a, b) => a.kbps - b.kbps),
    shots: numbers(receipt.shots, "seconds", "first_second", "vmaf").sort((a, b) => a.first_second - b.first_second),
  };
}

/** What is shown of a title without a receipt. */
export const NO_RECEIPT = checked({});

/** What people call a codec; a name that the receipt does not explain stays as it is. */
export function codecName({ codecs }, codec) {
  return codecs[codec]?.name || codec;
}

/** The codec that a manifest's text, such as avc1.640028, stands for. */
export function codecOf({ codecs }, text) {
  const begins = ([, { entries }]) => entries.some((entry) => (text || "").startsWith(entry));
  return Object.entries(codecs).find(begins)?.[0] || text || "unknown";
}

/** Which of the declared codecs it is, from 0. */
export function codecPlace({ codecs }, codec) {
  return Math.max(0, Object.keys(codecs).indexOf(codec));
}
