/**
 * Let ClearKey, which every browser has, stand in for Widevine.
 *
 * Our manifests name Widevine, PlayReady and FairPlay, none of which a loopback server can license.
 * The ids of the keys stand in Widevine's box; ClearKey wants them in a "common" box of its own.
 */

const COMMON_SYSTEM = "1077efecc0b24d02ace33c1e52e2fb4b"; // W3C "cenc" initialization data format
const HEADER_BYTES = 32; // size, "pssh", version and flags, system, size of what follows
const KEY_ID_FIELD = 0x12; // field 2 of Widevine's message, of bytes

/** No preferredKeySystems: with them Shaka looks for the name from before the mapping, in vain. */
export function configuration(licence) {
  return {
    servers: { "com.widevine.alpha": licence },
    keySystemsMapping: { "com.widevine.alpha": "org.w3.clearkey" },
    initDataTransform: (initData, kind, info) => (kind === "cenc" ? commonBox(keyIds(toBytes(initData))) : initData),
  };
}

function toBytes(buffer) {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer);
}

/** The 16-byte key ids in one or more boxes of Widevine. */
export function keyIds(boxes) {
  const found = [];
  const view = new DataView(boxes.buffer, boxes.byteOffset, boxes.byteLength);
  for (let start = 0; start + HEADER_BYTES <= boxes.length;) {
    const end = start + view.getUint32(start);
    for (let at = start + HEADER_BYTES; at + 18 <= end && boxes[at] === KEY_ID_FIELD && boxes[at + 1] === 16; at += 18) {
      found.push(boxes.slice(at + 2, at + 18));
    }
    if (end <= start) break; // not a box
    start = end;
  }
  return found;
}

/** A version 1 pssh box of the common system (ISO/IEC 23001-7, section 8.1). */
export function commonBox(ids) {
  const box = new Uint8Array(HEADER_BYTES + 4 + 16 * ids.length);
  const view = new DataView(box.buffer);
  view.setUint32(0, box.length);
  box.set([0x70, 0x73, 0x73, 0x68, 1], 4); // "pssh", version 1
  box.set(COMMON_SYSTEM.match(/../g).map((pair) => parseInt(pair, 16)), 12);
  view.setUint32(28, ids.length);
  ids.forEach((id, place) => box.set(id, 32 + 16 * place));
  return box; // the last four bytes say that no data follows
}
