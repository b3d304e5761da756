/** Bring together what the receipt lists, what the manifest offers and what this browser decodes. */

import { rate } from "./words.js";

export const CODECS = {
  h264: { name: "H.264", test: "avc1.640028", starts: /^avc[13]/ },
  hevc: { name: "HEVC", test: "hvc1.1.6.L93.B0", starts: /^h(vc|ev)1/ },
  vp9: { name: "VP9", test: "vp09.00.30.08", starts: /^vp0?9/ },
  av1: { name: "AV1", test: "av01.0.05M.08", starts: /^av01/ },
};

export function codecOf(text) {
  return Object.keys(CODECS).find((codec) => CODECS[codec].starts.test(text || "")) || text || "unknown";
}

export function codecName(codec) {
  return CODECS[codec]?.name || codec;
}

function decodes(codec) {
  const test = CODECS[codec]?.test;
  return !test || MediaSource.isTypeSupported(`video/mp4; codecs="${test}"`);
}

/**
 * One entry a rendition, best first: its track where it can be chosen, else the reason why not.
 *
 * The receipt knows names and scores, the player knows tracks; within a codec and height both are
 * in the same order of their rate.
 */
export function renditions(player, ladder) {
  const tracks = videoTracks(player);
  const entries = ladder.map((rung) => ({ rung, track: takeTrack(tracks, ladder, rung), codec: rung.codec, height: rung.height, kbps: rung.kbps }));
  const taken = new Set(entries.map((entry) => entry.track));
  for (const track of tracks.filter((one) => !taken.has(one))) {
    entries.push({ rung: null, track, codec: codecOf(track.videoCodec), height: track.height, kbps: (track.videoBandwidth || track.bandwidth) / 1000 });
  }
  return entries.sort((a, b) => b.kbps - a.kbps).map((entry) => ({ ...entry, why: whyNot(entry) }));
}

function whyNot({ track, codec }) {
  if (track) return "";
  return decodes(codec) ? "Not in this manifest" : `This browser has no ${codecName(codec)} decoder`;
}

/** Tracks that differ in their picture, with the sound that plays. */
function videoTracks(player) {
  const all = player.getVariantTracks();
  const active = all.find((track) => track.active);
  const pictures = new Map();
  for (const track of all) {
    if (!pictures.has(track.videoId) || track.audioId === active?.audioId) pictures.set(track.videoId, track);
  }
  return [...pictures.values()];
}

function takeTrack(tracks, ladder, rung) {
  const alike = (codec, height) => codec === rung.codec && height === rung.height;
  const ours = ladder.filter((one) => alike(one.codec, one.height)).sort((a, b) => a.kbps - b.kbps);
  const theirs = tracks.filter((one) => alike(codecOf(one.videoCodec), one.height))
    .sort((a, b) => (a.videoBandwidth || a.bandwidth) - (b.videoBandwidth || b.bandwidth));
  return theirs[ours.indexOf(rung)] || null;
}

export function playing(entries, player) {
  const active = player.getVariantTracks().find((track) => track.active);
  return entries.find((entry) => active && entry.track?.videoId === active.videoId) || null;
}

/** "360p", with the rate where two renditions share a height and the codec where several are there. */
export function label(entry, entries) {
  const several = new Set(entries.map((one) => one.codec)).size > 1;
  return [`${entry.height}p`, several ? codecName(entry.codec) : "", rate(entry.kbps)].filter(Boolean).join(" · ");
}
