/** Say things to people: times, rates, languages, and what went wrong. */

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${hours ? String(minutes).padStart(2, "0") : minutes}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${tail}` : tail;
}

/** As a screen reader should say a time. */
export function spoken(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const parts = [[Math.floor(whole / 3600), "hour"], [Math.floor(whole / 60) % 60, "minute"], [whole % 60, "second"]];
  const said = parts.filter(([count]) => count).map(([count, word]) => `${count} ${word}${count === 1 ? "" : "s"}`);
  return said.join(" ") || "0 seconds";
}

export function rate(kbps) {
  return kbps >= 9950 ? `${(kbps / 1000).toFixed(0)} Mb/s`
    : kbps >= 995 ? `${(kbps / 1000).toFixed(1)} Mb/s` : `${Math.round(kbps)} kb/s`;
}

/** "720p": the lines of the smallest 16:9 screen, upright or lying, that holds a picture. */
export function lines({ width, height }) {
  return `${Math.ceil(Math.max(Math.min(width, height), Math.max(width, height) * 9 / 16) - 0.5)}p`;
}

export function language(tag) {
  if (!tag || tag === "und") return "Unnamed";
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag);
  } catch {
    return tag; // not a tag that the browser knows
  }
}

const UNREACHABLE = "The server cannot be reached, so nothing more can be loaded: call marquee play again if it was stopped.";
export const WRONG_KEY = "The picture cannot be unlocked, because the key that the server gave is not the one that locked it: package this title again.";
const DAMAGED = "The picture cannot be decoded, because a part of this title is damaged: package it again.";
const UNPLAYABLE = "This browser can play none of this title's renditions: try another browser, or encode it with h264 too.";
const LOCKED = "This browser gave no way to unlock the title: open it at 127.0.0.1 or over https, in a browser with Encrypted Media Extensions.";

/** Whether Shaka Player says so; where its script did not load, nothing of it can be named. */
export function isShakas(error) {
  const ShakaError = globalThis.shaka?.util.Error;
  return Boolean(ShakaError) && error instanceof ShakaError;
}

/** Whether a server says that a part of the title is not there. */
export function isPartLost({ code, data }) {
  return code === shaka.util.Error.Code.BAD_HTTP_STATUS && data[1] === 404 && data[4] === shaka.net.NetworkingEngine.RequestType.SEGMENT;
}

/** Whether it is one of captions, without which the title plays. */
export function areCaptionsLost(error) {
  return isPartLost(error) && error.data[0].endsWith(".vtt");
}

/** One sentence for an error of Shaka Player or of `fetch`; `locked` says that the title is protected. */
export function sentence(error, locked) {
  if (!isShakas(error)) return error?.sentence || `The player stopped (${error?.message || error}): reload the page.`;
  const { Code } = shaka.util.Error;
  switch (error.code) {
    case Code.BAD_HTTP_STATUS: return refusal(error.data[2], error.data[1]);
    case Code.LICENSE_REQUEST_FAILED: return sentence(error.data[0], locked);
    case Code.HTTP_ERROR: case Code.TIMEOUT: case Code.ATTEMPTS_EXHAUSTED: return UNREACHABLE;
    case Code.MEDIA_SOURCE_OPERATION_FAILED: case Code.MEDIA_SOURCE_OPERATION_THREW: case Code.VIDEO_ERROR:
      return locked ? WRONG_KEY : DAMAGED;
    case Code.LICENSE_RESPONSE_REJECTED: case Code.RESTRICTIONS_CANNOT_BE_MET: return WRONG_KEY;
    case Code.CONTENT_UNSUPPORTED_BY_BROWSER: case Code.NO_VARIANTS: return UNPLAYABLE;
    default: return error.category === shaka.util.Error.Category.DRM ? LOCKED
      : `The player stopped (Shaka Player's error ${error.code}): reload the page.`;
  }
}

/** The sentence in a refusal of our server, which answers `{"error": ...}`. */
export function refusal(text, status) {
  try {
    return JSON.parse(text).error;
  } catch {
    return `The server answered with status ${status}, so the title cannot be loaded: reload the page.`;
  }
}
