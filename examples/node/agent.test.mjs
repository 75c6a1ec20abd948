// The agent's tests: node:test, with a gateway for each test.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {withGateway} from 'ainative-mockserver';
import {answer} from './agent.mjs';

test(
  'it reads the file that the model asks for',
  withGateway(async (gateway) => {
    await gateway.toolUse('read_file', {path: '/x'});
    await gateway.turn({when: {last: 'tool_result'}, reply: 'It says {{tool_result}}.'});
    assert.equal(await answer('What does /x say?', gateway.openai), 'It says 42.');
    assert.deepEqual((await gateway.verdict()).findings, []);
  }),
);

test(
  'it tells the model that a tool does not exist',
  withGateway(async (gateway) => {
    await gateway.toolUse('write_file', {path: '/x'}).reply('Sorry.');
    assert.equal(await answer('Empty /x.', gateway.openai), 'Sorry.');
    await gateway.assertOrder({last: 'user'}, {tool_result: {text: {contains: 'this call failed'}}});
  }),
);

test(
  'it stops when the credits are used up',
  withGateway(async (gateway) => {
    await gateway.error(402);
    await assert.rejects(answer('Hello', gateway.openai), {status: 402});
    await gateway.assertCalled({times: 1});
  }),
);
