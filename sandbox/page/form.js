// Remembers what a person typed or picked in the blocks of one view or message, whatever is drawn again around it.
const key = (block, element) => JSON.stringify([block, element.action_id, element.type]);
const valueOf = (option) => option?.value;

const INITIAL = {
  static_select: (e) => valueOf(e.initial_option),
  external_select: (e) => valueOf(e.initial_option),
  radio_buttons: (e) => valueOf(e.initial_option),
  users_select: (e) => e.initial_user,
  channels_select: (e) => e.initial_channel,
  conversations_select: (e) => e.initial_conversation,
  multi_static_select: (e) => e.initial_options?.map(valueOf),
  multi_external_select: (e) => e.initial_options?.map(valueOf),
  checkboxes: (e) => e.initial_options?.map(valueOf),
  multi_users_select: (e) => e.initial_users,
  multi_channels_select: (e) => e.initial_channels,
  multi_conversations_select: (e) => e.initial_conversations,
  datepicker: (e) => e.initial_date,
  timepicker: (e) => e.initial_time,
  datetimepicker: (e) => e.initial_date_time,
  rich_text_input: (e) => e.initial_value,
  plain_text_input: (e) => e.initial_value,
  email_text_input: (e) => e.initial_value,
  url_text_input: (e) => e.initial_value,
  number_input: (e) => e.initial_value,
  file_input: () => undefined,
};

const HELD = {
  selected_option: valueOf,
  selected_options: (options) => options?.map(valueOf),
  rich_text_value: (value) => value,
  files: (files) => files?.map((file) => file.id ?? file),
};

const SIMPLE = [
  "selected_user",
  "selected_channel",
  "selected_conversation",
  "selected_users",
  "selected_channels",
  "selected_conversations",
  "selected_date",
  "selected_time",
  "selected_date_time",
  "value",
];

function fromState(held) {
  for (const [name, read] of Object.entries(HELD))
    if (held[name] !== undefined) return held[name] === null ? null : read(held[name]);
  return SIMPLE.map((name) => held[name]).find((value) => value !== undefined);
}

const isInput = (element) => element?.type in INITIAL;

// The elements of some blocks that hold a value, as [block_id, element].
function inputsOf(blocks) {
  return (blocks ?? []).flatMap((block) => {
    const elements = [
      block.element,
      block.accessory,
      ...(block.type === "actions" ? (block.elements ?? []) : []),
    ];
    const inner = inputsOf(block.child_blocks);
    return [...elements.filter(isInput).map((element) => [block.block_id, element]), ...inner];
  });
}

export class Form {
  constructor() {
    this.typed = new Map();
    this.options = new Map();
    this.held = {};
    this.files = new Map();
  }

  // The values the sandbox holds for this view; what was typed here wins over them.
  hold(values) {
    this.held = values ?? {};
    for (const block of Object.values(this.held)) {
      for (const held of Object.values(block)) {
        for (const option of [held.selected_option, ...(held.selected_options ?? [])])
          if (option) this.options.set(option.value, option);
        for (const file of held.files ?? []) if (file?.id) this.files.set(file.id, file);
      }
    }
  }

  read(block, element) {
    const typed = this.typed.get(key(block, element));
    if (typed !== undefined) return typed;
    const held = this.held[block]?.[element.action_id];
    return (held && fromState(held)) ?? INITIAL[element.type]?.(element) ?? null;
  }

  write(block, element, value) {
    this.typed.set(key(block, element), value);
  }

  // What was typed or picked here; the sandbox keeps the rest as it is.
  values(blocks) {
    const values = {};
    for (const [block, element] of inputsOf(blocks)) {
      if (this.typed.has(key(block, element)))
        (values[block] ??= {})[element.action_id] = this.read(block, element);
    }
    return values;
  }
}
