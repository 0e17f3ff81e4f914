// The emoji shortcodes the page knows, for text, reactions and completion.
const TABLE = `
grinning 😀 smiley 😃 smile 😄 grin 😁 laughing 😆 sweat_smile 😅 joy 😂 slightly_smiling_face 🙂 upside_down_face 🙃 wink 😉
blush 😊 innocent 😇 heart_eyes 😍 yum 😋 stuck_out_tongue 😛 thinking_face 🤔 neutral_face 😐 expressionless 😑 no_mouth 😶
smirk 😏 unamused 😒 grimacing 😬 relieved 😌 pensive 😔 sleepy 😪 sleeping 😴 mask 😷 dizzy_face 😵 sunglasses 😎
nerd_face 🤓 confused 😕 worried 😟 slightly_frowning_face 🙁 white_frowning_face ☹️ open_mouth 😮 astonished 😲 flushed 😳
cry 😢 sob 😭 scream 😱 disappointed 😞 sweat 😓 weary 😩 tired_face 😫 triumph 😤 rage 😡 angry 😠 hugging_face 🤗
partying_face 🥳 pleading_face 🥺 skull 💀 robot_face 🤖 ghost 👻 wave 👋 raised_hand ✋ raising_hand 🙋 ok_hand 👌 v ✌️
crossed_fingers 🤞 point_left 👈 point_right 👉 point_up ☝️ point_up_2 👆 point_down 👇 +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎
fist ✊ clap 👏 raised_hands 🙌 open_hands 👐 handshake 🤝 pray 🙏 muscle 💪 eyes 👀 eye 👁️ brain 🧠 bust_in_silhouette 👤
busts_in_silhouette 👥 technologist 🧑‍💻 detective 🕵️ construction_worker 👷 heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚
blue_heart 💙 purple_heart 💜 broken_heart 💔 100 💯 boom 💥 dizzy 💫 sparkles ✨ star ⭐ star2 🌟 fire 🔥 zap ⚡ sunny ☀️
cloud ☁️ umbrella ☔ snowflake ❄️ rainbow 🌈 ocean 🌊 seedling 🌱 herb 🌿 four_leaf_clover 🍀 sunrise 🌅 crescent_moon 🌙
coffee ☕ tea 🍵 beers 🍻 cake 🍰 birthday 🎂 pizza 🍕 cookie 🍪 apple 🍎 tada 🎉 confetti_ball 🎊 balloon 🎈 gift 🎁
trophy 🏆 medal 🏅 checkered_flag 🏁 triangular_flag_on_post 🚩 dart 🎯 rocket 🚀 ambulance 🚑 fire_engine 🚒 police_car 🚓
car 🚗 ship 🚢 anchor ⚓ house 🏠 office 🏢 hospital 🏥 bank 🏦 factory 🏭 watch ⌚ iphone 📱 computer 💻
desktop_computer 🖥️ keyboard ⌨️ printer 🖨️ floppy_disk 💾 cd 💿 camera 📷 telephone ☎️ telephone_receiver 📞 pager 📟
battery 🔋 electric_plug 🔌 bulb 💡 flashlight 🔦 wrench 🔧 hammer 🔨 hammer_and_wrench 🛠️ gear ⚙️ nut_and_bolt 🔩 link 🔗
paperclip 📎 scissors ✂️ pushpin 📌 round_pushpin 📍 lock 🔒 unlock 🔓 key 🔑 shield 🛡️ bell 🔔 no_bell 🔕 loudspeaker 📢
mega 📣 speech_balloon 💬 thought_balloon 💭 left_speech_bubble 🗨️ email 📧 envelope ✉️ incoming_envelope 📨 inbox_tray 📥
outbox_tray 📤 package 📦 mailbox 📫 memo 📝 pencil ✏️ pencil2 ✏️ page_facing_up 📄 page_with_curl 📃 bookmark_tabs 📑
bookmark 🔖 label 🏷️ ticket 🎫 admission_tickets 🎟️ clipboard 📋 file_folder 📁 open_file_folder 📂 card_index_dividers 🗂️
calendar 📆 date 📅 spiral_calendar_pad 🗓️ bar_chart 📊 chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 books 📚 book 📖
newspaper 📰 moneybag 💰 credit_card 💳 receipt 🧾 mag 🔍 mag_right 🔎 microscope 🔬 stethoscope 🩺 pill 💊 thermometer 🌡️
hourglass ⌛ hourglass_flowing_sand ⏳ alarm_clock ⏰ stopwatch ⏱️ timer_clock ⏲️ clock1 🕐 clock3 🕒 clock9 🕘 warning ⚠️
rotating_light 🚨 construction 🚧 no_entry ⛔ no_entry_sign 🚫 octagonal_sign 🛑 stop_sign 🛑 sos 🆘 x ❌ heavy_multiplication_x ✖️
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ question ❓ grey_question ❔ exclamation ❗
heavy_exclamation_mark ❗ information_source ℹ️ recycle ♻️ repeat 🔁 arrows_counterclockwise 🔄 twisted_rightwards_arrows 🔀
fast_forward ⏩ rewind ⏪ arrow_forward ▶️ double_vertical_bar ⏸️ pause_button ⏸️ black_square_for_stop ⏹️ arrow_right ➡️ arrow_left ⬅️
arrow_up ⬆️ arrow_down ⬇️ arrow_upper_right ↗️ arrow_lower_right ↘️ left_right_arrow ↔️ leftwards_arrow_with_hook ↩️
arrow_right_hook ↪️ new 🆕 free 🆓 ok 🆗 up 🆙 cool 🆒 red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡
large_green_circle 🟢 large_blue_circle 🔵 large_purple_circle 🟣 large_brown_circle 🟤 white_circle ⚪ black_circle ⚫
large_red_square 🟥 large_orange_square 🟧 large_yellow_square 🟨 large_green_square 🟩 large_blue_square 🟦
white_large_square ⬜ black_large_square ⬛ small_red_triangle 🔺 small_red_triangle_down 🔻 small_blue_diamond 🔹
small_orange_diamond 🔸 large_blue_diamond 🔷 large_orange_diamond 🔶 radio_button 🔘 heavy_plus_sign ➕ heavy_minus_sign ➖
heavy_division_sign ➗ one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ zero 0️⃣ keycap_ten 🔟
globe_with_meridians 🌐 earth_africa 🌍 world_map 🗺️ satellite 🛰️ compass 🧭 ladder 🪜 broom 🧹 ghost_town 🏚️ bug 🐛 ant 🐜
snail 🐌 turtle 🐢 bird 🐦 owl 🦉 dog 🐶 cat 🐱 elephant 🐘 puzzle_piece 🧩 game_die 🎲 crystal_ball 🔮 magnet 🧲
abacus 🧮 art 🎨 microphone 🎤 headphones 🎧 musical_note 🎵 movie_camera 🎥 film_frames 🎞️ white_square_button 🔳
speaking_head_in_silhouette 🗣️ footprints 👣 zzz 💤 wastebasket 🗑️ door 🚪 chair 🪑 test_tube 🧪 dna 🧬 safety_vest 🦺
`;

const words = TABLE.trim().split(/\s+/);
export const EMOJI = new Map();
for (let index = 0; index + 1 < words.length; index += 2) EMOJI.set(words[index], words[index + 1]);

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

const SKIN = /^(.+?)::skin-tone-\d$/;

export function emojiChar(name) {
  return EMOJI.get(name) ?? EMOJI.get(name.match(SKIN)?.[1] ?? "") ?? null;
}

export function findEmoji(text, limit = 8) {
  const query = text.toLowerCase();
  const names = [...EMOJI.keys()];
  const starts = names.filter((name) => name.startsWith(query));
  const inside = names.filter((name) => !name.startsWith(query) && name.includes(query));
  return [...starts, ...inside].slice(0, limit);
}
