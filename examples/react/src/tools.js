// The tools that this page offers to the model and runs.

const FILES = {'/tmp/test.txt': 'Hello, world! This is a test file.'};

const needs = (...names) => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, {type: 'string'}])),
  required: names,
});

const TOOLS = {
  read_file: {
    description: 'Read a file',
    parameters: needs('path'),
    run: ({path}) => FILES[path] ?? `There is no ${path}.`,
  },
  get_time: {
    description: 'The time in a time zone',
    parameters: needs('tz'),
    run: ({tz}) => new Date().toLocaleTimeString('en-GB', {timeZone: tz}),
  },
};

export const OFFERED = Object.entries(TOOLS).map(([name, {description, parameters}]) => ({
  type: 'function',
  function: {name, description, parameters},
}));

export function resultOf({name, args}) {
  try {
    return TOOLS[name].run(JSON.parse(args));
  } catch (error) {
    return `${name}: ${error.message}`;
  }
}
