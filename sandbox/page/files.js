// Shows files that were shared in a message: pictures as pictures, everything else as a card to download.
import { showDialog, dialogHead } from "./dialog.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { fileSize, localUrl } from "./served.js";

const addressOf = (file) => localUrl(file.url_private ?? file.url_private_download ?? file.permalink);
const isPicture = (file) => /^image\/(png|jpe?g|gif|webp|avif)/.test(file.mimetype ?? "");

function enlarge(file) {
  const close = showDialog(
    h(
      "div",
      { class: "dialog lightbox", role: "dialog", "aria-modal": "true", "aria-label": file.name },
      dialogHead(file.title || file.name, () => close()),
      h("img", { src: addressOf(file), alt: file.alt_txt ?? file.name }),
    ),
    { onDismiss: () => close() },
  );
  document.querySelector(".lightbox button").focus();
}

function pictureCard(file) {
  return h(
    "figure",
    { class: "file-picture" },
    h("figcaption", null, file.title || file.name),
    h(
      "button",
      { type: "button", "aria-label": `Enlarge ${file.name}`, on: { click: () => enlarge(file) } },
      h("img", { src: addressOf(file), alt: file.alt_txt ?? file.name ?? "", loading: "lazy" }),
    ),
  );
}

export function fileCard(file) {
  if (file.mode === "tombstone")
    return h("div", { class: "file-card muted" }, icon("file"), "This file was deleted.");
  if (isPicture(file) && addressOf(file)) return pictureCard(file);
  const kind = [file.pretty_type ?? file.filetype?.toUpperCase(), fileSize(file.size)]
    .filter(Boolean)
    .join(" · ");
  return h(
    "a",
    { class: "file-card", href: file.permalink ? localUrl(file.permalink) : addressOf(file), target: "_blank", rel: "noopener" },
    h("span", { class: "file-icon" }, icon("file", { size: 22 })),
    h(
      "span",
      { class: "file-text" },
      h("b", null, file.title || file.name || file.id),
      h("small", null, kind || "File"),
    ),
    icon("download"),
  );
}

export const fileCards = (files) => h("div", { class: "files" }, files.map(fileCard));
