// Where the options of each kind of Block Kit select come from: the block, the app, the people or the conversations.
import { get } from "./api.js";
import { avatar } from "./avatar.js";
import { icon } from "./icons.js";
import { botId, channel, people, state, titleOf, user } from "./store.js";

const has = (text, query) => text.toLowerCase().includes(query.toLowerCase());
const optionText = (option) => option.text?.text ?? option.text ?? "";

function narrowed(groups, query) {
  return groups
    .map((group) => ({ ...group, options: group.options.filter((option) => has(optionText(option), query)) }))
    .filter((group) => group.options.length);
}

const asGroups = (element) => element.option_groups ?? [{ options: element.options ?? [] }];

function personOption(id) {
  const one = user(id);
  return (
    one && {
      value: id,
      text: { type: "plain_text", text: one.real_name || one.name, emoji: false },
      description: one.title && { type: "plain_text", text: one.title },
      lead: avatar(id, 20),
    }
  );
}

function channelOption(id) {
  const one = channel(id);
  return (
    one && {
      value: id,
      text: { type: "plain_text", text: titleOf(one), emoji: false },
      lead: icon(one.is_im || one.is_mpim ? "chat" : one.is_private ? "lock" : "hash", { size: 16 }),
    }
  );
}

function fixed(element) {
  const groups = asGroups(element);
  return {
    source: async (query) => narrowed(groups, query),
    find: (value) => groups.flatMap((group) => group.options).find((option) => option.value === value),
  };
}

function remember(form, groups) {
  for (const option of groups.flatMap((group) => group.options)) form.options.set(option.value, option);
  return groups;
}

function asked(element, ctx) {
  const least = element.min_query_length ?? 3;
  const initial = [element.initial_option, ...(element.initial_options ?? [])].filter(Boolean);
  return {
    remote: true,
    source: async (query) => {
      if (query.length < least) return [];
      const answer = await get(
        "options",
        (ctx.suggest ?? ((one) => one))({ user: state.me, action_id: element.action_id, value: query }),
      );
      const groups = answer.option_groups ?? [{ options: answer.options ?? [] }];
      return remember(ctx.form, groups);
    },
    find: (value) => ctx.form.options.get(value) ?? initial.find((option) => option.value === value),
  };
}

function ofPeople() {
  return {
    source: async (query) => [
      {
        options: people()
          .map((one) => personOption(one.id))
          .filter((option) => has(option.text.text, query)),
      },
    ],
    find: personOption,
  };
}

function fits(one, filter) {
  const kind = one.is_im ? "im" : one.is_mpim ? "mpim" : one.is_private ? "private" : "public";
  if (filter?.include && !filter.include.includes(kind)) return false;
  return !(one.is_im && filter?.exclude_bot_users && (one.members ?? []).some((id) => user(id)?.is_bot));
}

function ofChannels(accept) {
  return {
    source: async (query) => [
      {
        options: [...state.channels.values()]
          .filter((one) => !one.is_archived && (one.members ?? [state.me]).includes(state.me) && accept(one))
          .map((one) => channelOption(one.id))
          .filter((option) => has(option.text.text, query)),
      },
    ],
    find: channelOption,
  };
}

export function choicesFor(element, ctx) {
  const kind = element.type.replace("multi_", "");
  if (kind === "static_select") return fixed(element);
  if (kind === "external_select") return asked(element, ctx);
  if (kind === "users_select") return ofPeople();
  if (kind === "channels_select") return ofChannels((one) => !one.is_im && !one.is_private);
  return ofChannels((one) => fits(one, element.filter));
}
