/** Open the title that the page's address names, and wire the page's parts to Shaka Player. */

import { Change } from "./change.js";
import { Controls } from "./controls.js";
import { listenToKeys } from "./keyboard.js";
import { askSession, Links, Refused } from "./links.js";
import { Menus } from "./menus.js";
import { Panel } from "./plots.js";
import { Preview } from "./preview.js";
import { configuration } from "./protection.js";
import { NO_RECEIPT, readReceipt } from "./receipt.js";
import { label, playing, renditions } from "./renditions.js";
import { areCaptionsLost, isPartLost, isShakas, rate, sentence, WRONG_KEY } from "./words.js";

const SILENT_DARKNESS = 1.5; // seconds that may pass before a protected title shows its first frame
/** Quick at first, since the buffer is short where an edge dies; enough for three edges and the origin with old tokens and with fresh ones, or for six seconds without a network. */
const RETRIES = { maxAttempts: 8, baseDelay: 200, backoffFactor: 1.5, fuzzFactor: 0.5, timeout: 30_000, stallTimeout: 5000, connectionTimeout: 5000 };
const byId = (id) => document.getElementById(id);
const video = byId("video");

/** Where the live version is; the grant behind the # is what allows us to ask. */
function openSession() {
  const title = location.pathname.split("/")[2];
  byId("title").textContent = decodeURIComponent(title);
  const grant = location.hash.slice(1);
  if (!grant) throw new Refused("This address is not whole, so nothing plays: copy all of the link that marquee play printed.");
  return askSession(`/session/${encodeURIComponent(grant)}/${title}`);
}

/** Play on where Shaka Player takes another rendition, without captions, and while the buffer bridges a network that is away. */
function failed(player, links, error) {
  const { Code, Severity } = shaka.util.Error;
  if (error.severity === Severity.RECOVERABLE) return null;
  const isAway = [Code.HTTP_ERROR, Code.TIMEOUT].includes(error.code);
  const isBuffered = player.getBufferedInfo().total.some(({ start, end }) => start <= video.currentTime && video.currentTime < end - 0.5);
  if (isAway && isBuffered) return player.retryStreaming(1);
  if (areCaptionsLost(error)) return null; // the menus put them away
  if (isPartLost(error) && !player.getConfiguration().abr.enabled) { // only then does Shaka Player leave its rendition
    player.configure("abr.enabled", true);
    return player.retryStreaming();
  }
  return stop(player, links.cause(error));
}

function stop(player, error) {
  const said = sentence(error, Boolean(player?.drmInfo()) || byId("stage").dataset.locked === "yes");
  byId("message").textContent = said;
  byId("message").hidden = false;
  byId("stage").dataset.state = "stopped";
  if (isShakas(error)) console.warn(`Shaka Player's error ${error.code}`);
  return player?.unload();
}

function fact(name, value) {
  const [term, said] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = name;
  said.textContent = value;
  const pair = document.createElement("div");
  pair.append(term, said);
  return pair;
}

function showFacts(entries, player) {
  const entry = playing(entries, player);
  if (!entry) return;
  const facts = [["Picture", `${entry.track.width} × ${entry.track.height}`], ["Codec", entry.name], ["Rate", rate(entry.kbps)]];
  if (entry.rung) facts.push(["VMAF", entry.rung.vmaf.toFixed(1)]);
  if (Number.isFinite(entry.rung?.p1)) facts.push(["Worst 1 %", entry.rung.p1.toFixed(1)]);
  byId("facts").replaceChildren(...facts.map(([name, value]) => fact(name, value)));
  byId("facts").setAttribute("aria-label", `Playing now: ${label(entry, entries)}`);
}

function tag(said) {
  const mark = document.createElement("span");
  mark.textContent = said;
  return mark;
}

function showTitle(session, isHls) {
  document.title = `${session.title_id} · Marquee`;
  video.setAttribute("aria-label", session.title_id);
  const other = byId("other");
  other.href = `${location.pathname}${isHls ? "" : "?hls"}${location.hash}`;
  other.hidden = false;
  other.textContent = isHls ? "Play through DASH" : "Play through HLS";
}

function showTags(player, session, isHls) {
  const scheme = player.drmInfo()?.encryptionScheme;
  byId("tags").replaceChildren(tag(isHls ? "HLS" : "DASH"), tag(scheme ? `locked with ${scheme}` : "clear"), tag(`version ${session.version.slice(0, 8)}`));
}

/** A wrong key may stay silent: time runs and no frame is ever decoded. A hidden page decodes none. */
function watchForDarkness(player) {
  let since = 0;
  const look = () => {
    const seen = video.getVideoPlaybackQuality().totalVideoFrames > 0;
    if (!seen && (document.hidden || !player.drmInfo())) since = video.currentTime;
    const dark = !seen && video.currentTime - since > SILENT_DARKNESS;
    if (seen || dark) video.removeEventListener("timeupdate", look);
    if (dark) stop(player, new Refused(WRONG_KEY));
  };
  video.addEventListener("timeupdate", look);
}

/**
 * Ask for captions from the start of HLS; done once a picture is there. Shaka Player takes their
 * clock from video that it adds after it has met captions, so that those chosen on a full buffer
 * would never show (its pull request 9676).
 */
function meetCaptions(player) {
  player.addEventListener("streaming", () => {
    const [track] = player.getTextTracks();
    if (track) player.configure("preferredText", [{ language: track.language }]);
  }, { once: true });
  return new Promise((met) => {
    player.addEventListener("segmentappended", ({ contentType, start }) => {
      if (contentType === "video" && Number.isFinite(start)) met(); // and not only its header
    });
  });
}

/** Until a viewer asks for them; what Shaka Player began before may come in late. */
function putCaptionsAway(player) {
  const away = () => {
    const asked = byId("stage").classList.contains("captioned");
    if (!asked && player.getTextTracks().some((track) => track.active)) player.selectTextTrack(null);
  };
  for (const event of ["trackschanged", "textchanged"]) player.addEventListener(event, away);
  away();
}

async function makePlayer(links) {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  player.configure({
    drm: { ...configuration(links.licence), retryParameters: RETRIES },
    streaming: {
      dontChooseCodecs: true, // a ladder may hold the better codec of each rung
      segmentPrefetchLimit: 0, // else a seek while a header of segments is fetched stops all of its kind for good (5.2.12, its issue 10569)
      retryParameters: RETRIES,
    },
    manifest: { dash: { ignoreMinBufferTime: true }, retryParameters: RETRIES },
  });
  player.setVideoContainer(byId("stage"));
  await player.attach(video);
  player.addEventListener("error", (event) => failed(player, links, event.detail));
  player.addEventListener("downloadfailed", ({ request, error, httpResponseCode }) => {
    if (error?.code !== shaka.util.Error.Code.OPERATION_ABORTED) links.failed(request.uris[0], httpResponseCode);
  });
  player.getNetworkingEngine().registerRequestFilter((kind, request) => {
    if (kind === shaka.net.NetworkingEngine.RequestType.LICENSE) byId("stage").dataset.locked = "yes";
    return links.filter(kind, request);
  });
  return player;
}

function wire(player, links, receipt) {
  const change = new Change(player);
  const controls = new Controls(player, video, change);
  const menus = new Menus(player, controls, change);
  globalThis.marquee.change = change;
  const panel = new Panel(receipt, video, (seconds) => controls.seekTo(seconds));
  listenToKeys(controls, menus);
  const update = () => {
    const entries = renditions(player, receipt);
    menus.update(entries);
    showFacts(entries, player);
    panel.mark(playing(entries, player)?.rung || null);
  };
  for (const event of ["adaptation", "variantchanged", "trackschanged", "textchanged", "audiotrackchanged"]) {
    player.addEventListener(event, update);
  }
  update();
  return new Preview(player, video, links);
}

async function main() {
  performance.mark("opened");
  video.requestVideoFrameCallback?.(() => performance.mark("first-frame"));
  const isHls = new URLSearchParams(location.search).has("hls");
  let player = null;
  try {
    const session = await openSession();
    showTitle(session, isHls);
    const links = new Links(session);
    player = await makePlayer(links);
    globalThis.marquee = { player, session, links };
    watchForDarkness(player);
    const captionsMet = isHls && meetCaptions(player);
    const receipt = readReceipt(session.bases.at(-1)); // the last base is the page's own server
    await player.load(links.best() + (isHls ? "master.m3u8" : "manifest.mpd"));
    if (isHls) captionsMet.then(() => putCaptionsAway(player));
    byId("stage").dataset.state = "ready";
    showTags(player, session, isHls);
    wire(player, links, (await receipt) || NO_RECEIPT);
  } catch (error) {
    await stop(player, error);
  }
}

addEventListener("hashchange", () => location.reload());
main();
