// Talks to the control API of the sandbox and turns every failure into one plain sentence.
export class ApiError extends Error {
  constructor(message, status, body) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

function address(path, params) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) {
    if (value !== null && value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  return `/sandbox/${path}${text ? `?${text}` : ""}`;
}

async function readBody(response) {
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return { error: text.slice(0, 200) };
  }
}

async function ask(url, init) {
  let response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new ApiError("The sandbox does not answer. Is it still running?", 0, {});
  }
  const body = await readBody(response);
  if (!response.ok)
    throw new ApiError(body.error || `The sandbox answered ${response.status}.`, response.status, body);
  return body;
}

function drop(object) {
  return Object.fromEntries(
    Object.entries(object ?? {}).filter(([, value]) => value !== undefined && value !== null),
  );
}

export const get = (path, params) => ask(address(path, params), { headers: { accept: "application/json" } });

export const post = (path, body) =>
  ask(address(path), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(drop(body)),
  });

export const remove = (path) => ask(address(path), { method: "DELETE" });

export async function upload(user, file) {
  const answer = await ask(address("upload", { user, filename: file.name || "pasted.png" }), {
    method: "POST",
    headers: { "content-type": file.type || "application/octet-stream" },
    body: file,
  });
  return answer.file;
}
