// Checks what is sent to Slack against Slack's own types: @slack/types, and the
// arguments of methods in @slack/web-api. TypeScript knows no lengths; the types'
// documentation comments do, and their sentences are made part of the schema.
//
// In, one JSON a line: {"name": …, "type": …, "body": …}. Out, one JSON a line:
// how many limits the comments of a modal hold, then {"name": …, "wrong": […]} of each that is
// refused: where and why, never what it says.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';

const modules = join(dirname(fileURLToPath(import.meta.url)), 'node_modules');

// schemaOf makes a schema of a type. To make one takes seconds, most of them to
// read the types, so that it is kept: npm ci takes it away.
let generator;
async function schemaOf(type) {
  const kept = join(modules, '.schemas', type + '.json');
  if (!existsSync(kept)) {
    const { createGenerator } = await import('ts-json-schema-generator');
    generator ??= createGenerator({ path: join(modules, '@slack/web-api/dist/types/request/{apps,chat,files,views}.d.ts'), skipTypeCheck: true });
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept + process.pid, JSON.stringify(generator.createSchema(type)));
    renameSync(kept + process.pid, kept);
  }
  return JSON.parse(readFileSync(kept, 'utf8'));
}

// unicode: false counts UTF-16 units, the harder reading of "characters".
const ajv = new Ajv({ strict: false, allErrors: true, unicode: false, verbose: true, logger: false });

let limits = 0;
const number = (text, re) => { const m = re.exec(text); return m && Number(m[1].replaceAll(',', '')); };

// bound makes limits of the sentences of a documentation comment.
function bound(node) {
  const said = node.description.replaceAll('\n', ' ');
  const set = (on, key, value) => { if (value) { on[key] = value; limits++; } };
  const most = number(said, /max(?:imum)? length[^.]*? (\d[\d,]*) characters?/i) ?? number(said, /limit (?:this field to )?(\d[\d,]*) characters/i);
  const least = number(said, /minimum length[^.]*? (\d+)/i);
  if (node.type === 'array') {
    set(node, 'maxItems', number(said.replace(/[^.]*length[^.]*\./gi, ''), /(?:max(?:imum)?\b[^.]*?|up to) (\d+)/i));
    if (most) node.items = { allOf: [node.items, { properties: { text: { maxLength: most } } }] };
  } else if (node.type === 'string') {
    set(node, 'maxLength', most);
    set(node, 'minLength', least);
    if (/Allowed characters: `a-z`, `0-9`, `-`, `_`, and `\.`/.test(said)) set(node, 'pattern', '^[a-z0-9._-]*$');
  } else if (node.type === 'number') {
    set(node, 'maximum', number(said, /maximum(?: value is)? `?(\d+)/i));
  } else if (node.$ref || node.anyOf) { // an object that holds the text
    if (most) set(node, 'properties', { text: { maxLength: most } });
  }
}

function walk(node) {
  if (Array.isArray(node)) return node.forEach(walk);
  if (node === null || typeof node !== 'object') return;
  // The generic Block takes every block with a type, so that nothing of the
  // others would hold.
  if (Array.isArray(node.anyOf)) node.anyOf = node.anyOf.filter((of) => of.$ref !== '#/definitions/Block');
  Object.values(node).forEach(walk);
  if (typeof node.description === 'string') bound(node);
}

const compiled = {};
async function validator(type) {
  if (!compiled[type]) {
    const schema = await schemaOf(type);
    walk(schema);
    compiled[type] = ajv.compile(schema);
  }
  return compiled[type];
}

// named is what an answer to a submission, or to a command, may be
// (docs.slack.dev/surfaces/modals, "Response actions";
// docs.slack.dev/interactivity/implementing-slash-commands). No type holds it.
async function answer(body) {
  switch (body.response_action ?? body.response_type) {
    case 'update': return (await check('ModalView', body.view)).map((w) => '/view' + w).concat(keys(body, 'response_action view'));
    case 'errors': {
      const bad = Object.values(body.errors ?? {}).some((e) => typeof e !== 'string' || e === '');
      return (bad || !body.errors ? ['/errors must hold texts'] : []).concat(keys(body, 'response_action errors'));
    }
    case 'ephemeral': return (body.text ? [] : ['/text must be there']).concat(keys(body, 'response_type text'));
    default: return ['/ is no answer'];
  }
}

const keys = (o, known) => Object.keys(o).filter((k) => !known.split(' ').includes(k)).map((k) => `/${k} is not known`);

// byHand is what stands in the documentation and in no comment.
function byHand(body) {
  const wrong = [];
  const view = body.view ?? body;
  const blocks = view.blocks ?? [];
  const same = (a, b) => JSON.stringify(a, Object.keys(a).sort()) === JSON.stringify(b, Object.keys(b).sort());
  // docs.slack.dev/reference/block-kit/blocks: "up to 50 blocks in each message".
  if (!view.type && blocks.length > 50) wrong.push('/blocks holds more than 50');
  // The same: "block_id should be unique for each message", and for each view.
  const ids = blocks.map((b) => b.block_id).filter(Boolean);
  if (new Set(ids).size < ids.length) wrong.push('/blocks repeats a block_id');
  // docs.slack.dev/reference/views/modal-views: "submit is required when an input
  // block is within the blocks array".
  if (view.type === 'modal' && !view.submit && blocks.some((b) => b.type === 'input')) wrong.push('/submit is required with an input');
  // docs.slack.dev/reference/methods/views.open: view_too_large, 250 KB.
  if (view.type && Buffer.byteLength(JSON.stringify(view)) > 250 * 1024) wrong.push('/view is larger than 250 KB');
  // docs.slack.dev/reference/methods/chat.postMessage: cut off from 40,000 on.
  if (typeof body.text === 'string' && body.text.length > 40000) wrong.push('/text is longer than 40000');
  blocks.forEach((b, i) => {
    const elements = b.element ? [b.element] : b.type === 'actions' ? b.elements : [];
    const acts = elements.map((e) => e.action_id).filter(Boolean);
    if (new Set(acts).size < acts.length) wrong.push(`/blocks/${i} repeats an action_id`);
    for (const e of elements) {
      // docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element.
      if (e.max_length !== undefined && (e.max_length < 1 || e.max_length > 3000)) wrong.push(`/blocks/${i} has a max_length that is not 1 to 3000`);
      if ((e.initial_value ?? '').length > (e.max_length ?? 3000)) wrong.push(`/blocks/${i} has an initial_value over its max_length`);
      // docs.slack.dev/reference/block-kit/composition-objects/option-object: "a
      // unique string value"; what is chosen "exactly matches" one of the options.
      if (!e.options) continue;
      if (new Set(e.options.map((o) => o.value)).size < e.options.length) wrong.push(`/blocks/${i} repeats a value`);
      for (const chosen of [e.initial_option ?? [], e.initial_options ?? []].flat()) {
        if (!e.options.some((o) => same(o, chosen) && same(o.text, chosen.text))) wrong.push(`/blocks/${i} has chosen what is no option`);
      }
    }
  });
  return wrong;
}

async function check(type, body) {
  const valid = await validator(type);
  if (valid(body)) return byHand(body);
  // Of a union every branch complains: those for another type are left out, and
  // those for this one stand first; of the rest what is deepest says most.
  const kind = (e) => e.parentSchema.properties?.type?.const;
  const own = valid.errors.filter((e) => e.keyword !== 'anyOf' && !(e.keyword === 'const' && e.instancePath.endsWith('/type')) &&
    (kind(e) === undefined || kind(e) === e.data?.type));
  const depth = (e) => e.instancePath.split('/').length;
  const deepest = (of) => of.filter((e) => depth(e) === Math.max(...of.map(depth)));
  const wrong = own.length > 0
    ? own.filter(kind).concat(deepest(own)).map((e) => `${e.instancePath} ${e.message}${e.params.additionalProperty ? ': ' + e.params.additionalProperty : ''}`)
    : deepest(valid.errors).map((e) => `${e.instancePath} is of no known kind`);
  return [...new Set(wrong)].slice(0, 4).concat(byHand(body));
}

await validator('ModalView'); // so that limits are counted, whatever comes
const found = limits;
const out = [];
for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const { name, type, body } = JSON.parse(line);
  const wrong = await (type === 'Answer' ? answer(body) : check(type, body));
  if (wrong.length > 0) out.push({ name, wrong });
}
console.log([{ limits: found }, ...out].map((o) => JSON.stringify(o)).join('\n'));
