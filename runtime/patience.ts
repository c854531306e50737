/**
 * Sends a request, and sends it again with backoff and full jitter while the other side is out of reach, busy (429) or
 * broken (5xx). Answers the last response; throws what the last failure threw. It names nothing outside of itself, for
 * the bootstrap program and the thread of fetchSync carry its text.
 */
export async function sendPatiently(send: () => Promise<Response>, attempts = 9): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await send();
      if (attempt >= attempts || (response.status < 500 && response.status !== 429)) return response;
      await response.arrayBuffer();
    } catch (error) {
      if (attempt >= attempts) throw error;
    }
    const longest = Math.min(20_000, 100 * 2 ** attempt);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
  }
}
