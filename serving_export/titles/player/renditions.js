/** Bring together what the receipt lists, what the manifest offers and what this browser decodes. */

import { codecName, codecOf } from "./receipt.js";
import { lines, rate } from "./words.js";

/** One entry a rendition, best first: its track where it can be chosen, else the reason why not. */
export function renditions(player, receipt) {
  const tracks = videoTracks(player);
  const entries = receipt.ladder.map((rung) => ({ rung, track: takeTrack(tracks, rung), codec: rung.codec, lines: lines(rung), kbps: rung.kbps }));
  const taken = new Set(entries.map((entry) => entry.track));
  for (const track of tracks.filter((one) => !taken.has(one))) {
    entries.push({ rung: null, track, codec: codecOf(receipt, track.videoCodec), lines: lines(track), kbps: (track.videoBandwidth || track.bandwidth) / 1000 });
  }
  const told = (entry) => ({ ...entry, name: codecName(receipt, entry.codec), why: whyNot(entry, receipt) });
  return entries.sort((a, b) => b.kbps - a.kbps).map(told);
}

function whyNot({ track, rung, codec }, receipt) {
  if (track) return "";
  if (rung && !ships(rung)) return rung.reason ? `Held back: ${rung.reason}` : "Held back";
  const test = receipt.codecs[codec]?.browser;
  if (!test || MediaSource.isTypeSupported(`video/mp4; codecs="${test}"`)) return "Not in this manifest";
  return `This browser has no ${codecName(receipt, codec)} decoder`;
}

/** Whether it is part of the package; the receipt also lists what the gate held back. */
export function ships(rung) {
  return rung.ships !== false;
}

/** The picture and the sound that play, as one track. */
export const activeTrack = (player) => player.getVariantTracks().find((track) => track.active);

/** What tells pictures apart: Shaka Player gives one of HLS an id in each group of sounds. */
const picture = (track) => track.originalVideoId ?? track.videoId;

/** The track of the same picture with the sound that plays. */
export function withTheSound(player, track) {
  const audioId = activeTrack(player)?.audioId;
  const own = player.getVariantTracks().filter((one) => picture(one) === picture(track));
  return own.find((one) => one.audioId === audioId) || own[0];
}

/** Tracks that differ in their picture, with the sound that plays. */
function videoTracks(player) {
  const pictures = new Map(player.getVariantTracks().map((track) => [picture(track), track]));
  return [...pictures.values()].map((track) => withTheSound(player, track));
}

/** The track of a rung: DASH calls it by the rung's name, HLS by a playlist in a folder of that name. */
function takeTrack(tracks, rung) {
  return ships(rung) ? tracks.find((one) => one.originalVideoId?.split("/")[0] === rung.name) || null : null;
}

export function playing(entries, player) {
  const active = activeTrack(player);
  return entries.find((entry) => active && entry.track && picture(entry.track) === picture(active)) || null;
}

/** "360p", with the codec where several are there, and the rate. */
export function label(entry, entries) {
  const several = new Set(entries.map((one) => one.codec)).size > 1;
  return [entry.lines, several ? entry.name : "", rate(entry.kbps)].filter(Boolean).join(" · ");
}
