// An app of Bolt for JavaScript that does a little of everything, in Socket Mode or over HTTP.
const wanted = JSON.parse(process.argv.at(-1));
const { App, HTTPReceiver, LogLevel, SocketModeReceiver } = (await import(wanted.bolt)).default;

const plain = (text) => ({ type: "plain_text", text });
const logLevel = LogLevel.ERROR;
const clientOptions = { slackApiUrl: wanted.api };
const receiver = wanted.mode === "socket"
  ? new SocketModeReceiver({ appToken: wanted.app_token, installerOptions: { clientOptions }, logLevel })
  : new HTTPReceiver({ signingSecret: wanted.signing_secret, logLevel });
const app = new App({ token: wanted.bot_token, receiver, clientOptions, logLevel });

app.command("/hypercare", async ({ ack, command, client, respond }) => {
  await ack(`You typed ${command.text}.`);
  const input = { type: "input", block_id: "why", label: plain("Why"), element: { type: "plain_text_input", action_id: "value" } };
  const view = { type: "modal", callback_id: "form", title: plain("Form"), submit: plain("Send"), blocks: [input] };
  await client.views.open({ trigger_id: command.trigger_id, view });
  await respond({ response_type: "ephemeral", text: "Fill in the form." });
});
app.view("form", async ({ ack, view, client }) => {
  const why = view.state.values.why.value.value;
  if (why === "no") {
    await ack({ response_action: "errors", errors: { why: "Say more." } });
    return;
  }
  await ack();
  const button = { type: "button", action_id: "take", text: plain("Take"), value: why };
  await client.chat.postMessage({ channel: "#general", text: why, blocks: [{ type: "actions", elements: [button] }] });
});
app.action("take", async ({ ack, action, body, respond }) => {
  await ack();
  await respond({ replace_original: true, text: `${body.user.username} has taken ${action.value}.` });
});
app.event("app_mention", async ({ event, say }) => {
  await say({ text: `Hello <@${event.user}>`, thread_ts: event.ts });
});
app.error(async (error) => console.error(error));

await app.start(wanted.port);
console.log(JSON.stringify({ ready: true }));
process.stdin.on("end", () => process.exit(0)).resume();
