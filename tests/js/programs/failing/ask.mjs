// A client that sends one request and does not look at the answer.

export async function ask(gateway, content) {
  const body = JSON.stringify({ model: "m", max_tokens: 9, messages: [{ role: "user", content }] });
  const headers = { "content-type": "application/json", "x-api-key": gateway.key };
  await (await fetch(`${gateway.url}/v1/messages`, { method: "POST", headers, body })).text();
}
