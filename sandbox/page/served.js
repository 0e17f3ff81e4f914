// Knows which addresses the sandbox itself serves, and how to say how large a file is.

// A picture from elsewhere would leave the machine, so anything that is not served here is null.
export function localUrl(address) {
  if (!address) return null;
  const url = new URL(address, location.origin);
  if (url.protocol === "data:") return address;
  const here = url.port === location.port && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
  return here ? url.pathname + url.search : null;
}

export function fileSize(bytes) {
  if (!bytes) return "";
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
