// The emoji that the page knows, by the names Slack gives them, with skin tones and flags.
import { TABLE } from "./vendor/emoji-data.js";

export const EMOJI = new Map();
const TONED = new Set();
const NAMES = new Map();

for (const line of TABLE.trim().split("\n")) {
  const [char, ...names] = line.replace(/^\*/, "").split(" ");
  for (const name of names) EMOJI.set(name, char);
  if (line.startsWith("*")) TONED.add(char);
  NAMES.set(char, names[0]);
}

// One name for each emoji, in the order of the picker.
export const PICKER = [...NAMES.values()];

// What a person reaches for first, in the toolbar and at the top of the picker.
export const FREQUENT = [
  "eyes",
  "white_check_mark",
  "raising_hand",
  "+1",
  "tada",
  "pray",
  "heart",
  "hourglass_flowing_sand",
];

const FIRST_TONE = 0x1f3fb;
const toneOf = (number) => String.fromCodePoint(FIRST_TONE + Number(number) - 2);

// A tone stands behind the first sign of an emoji, in place of what says that it is one.
function withTone(char, number) {
  if (!TONED.has(char)) return char;
  const [first, ...rest] = [...char];
  if (rest[0] === "\ufe0f") rest.shift();
  return first + toneOf(number) + rest.join("");
}

export function emojiChar(name) {
  const [bare, tone] = name.split("::skin-tone-");
  const char = EMOJI.get(bare);
  return char ? (tone ? withTone(char, tone) : char) : null;
}

// The name behind an emoji as it stands in a text, with its tone.
export function emojiName(char) {
  const found = NAMES.get(char) ?? NAMES.get(`${char}\ufe0f`) ?? NAMES.get(char.replaceAll("\ufe0f", ""));
  if (found) return found;
  const tone = [...char].findIndex((one) => one >= "\u{1f3fb}" && one <= "\u{1f3ff}");
  if (tone < 0) return null;
  const signs = [...char];
  const number = signs[tone].codePointAt(0) - FIRST_TONE + 2;
  const bare = signs.filter((_, index) => index !== tone).join("");
  const name = NAMES.get(bare) ?? NAMES.get(`${signs[0]}\ufe0f${signs.slice(tone + 1).join("")}`);
  return name ? `${name}::skin-tone-${number}` : null;
}

export function findEmoji(text, limit = 8) {
  const query = text.toLowerCase();
  const starts = [];
  const inside = [];
  for (const name of EMOJI.keys()) {
    if (name.startsWith(query)) starts.push(name);
    else if (name.includes(query)) inside.push(name);
  }
  return [...starts, ...inside].slice(0, limit);
}
