/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was run, and the table of a metric. Text gets into the page as text only, never as HTML. */
'use strict';

function data(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/* An element with a class, text or children; null children are left out. */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const child of children)
    if (child !== null) made.append(child);
  return made;
}

function chooser(label, choices, onChange) {
  const select = element('select');
  for (const [value, text] of choices) {
    const option = element('option', '', text);
    option.value = value;
    select.append(option);
  }
  select.onchange = () => onChange(select.value);
  return { select, box: element('label', '', label + ' ', select) };
}

/* Rows of cells of a CSV text (RFC 4180). */
function parseCsv(text) {
  const rows = [];
  let row = [];
  const cell = /("(?:[^"]|"")*"|[^,\n\r]*)(,|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (!match) break;
    row.push(match[1][0] === '"' ? match[1].slice(1, -1).replaceAll('""', '"') : match[1]);
    if (match[2] !== ',') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

/* Objects by column name of an array of rows with a header. */
function asObjects(rows) {
  const [header = [], ...rest] = rows;
  return rest.map(row => Object.fromEntries(header.map((name, c) => [name, row[c]])));
}

function digits(text, count = 4) {
  return text === '' || text === undefined ? '' : String(Number(Number(text).toPrecision(count)));
}

/* "+3.1 % [+2.0, +4.2]" of a ratio and its interval. */
function percent(ratio) {
  if (ratio === '') return '';
  const value = (Number(ratio) - 1) * 100;
  return (value > 0 ? '+' : '') + value.toFixed(1);
}

function showSetup() {
  const place = document.getElementById('setup');
  let manifest;
  try {
    manifest = JSON.parse(data('manifest.json'));
  } catch {
    manifest = null;
  }
  if (!manifest) {
    place.append(element('p', 'note', 'There is no readable manifest.json.'));
    return {};
  }
  document.title = manifest.experiment + ' - hetsoc';
  document.getElementById('title').textContent = manifest.experiment;
  const trials = manifest.trials || {};
  const host = manifest.host || {};
  place.append(
    element('p', '', `${trials.done} of ${trials.planned} trials done, seed ${manifest.seed}, ` +
      `${manifest.replicates} ${manifest.replicates === 1 ? 'replicate' : 'replicates'}, ` +
      `${manifest.stop_reason}.`),
    element('p', 'note', `hetsoc ${manifest.version} (${manifest.commit}), started ` +
      `${manifest.started}, ${digits(manifest.wall_s)} s on ${host.name}, ${host.machine}, ` +
      `${host.cpus} processors.`),
    element('details', '', element('summary', '', 'Configuration'),
      element('pre', '', JSON.stringify(manifest.config, null, 2))));
  const failures = manifest.failures || [];
  if (failures.length > 0)
    place.append(element('details', '', element('summary', '', `${failures.length} failures told`),
      element('pre', '', failures.map(f => `trial ${f.trial}: ${f.status}: ${f.what}`).join('\n'))));
  return manifest.config || {};
}

/* Half of the interval that a single trial gives its mean latency by itself; 0 if it gives none. */
function halfOfSingle(row, all, keys) {
  if (row.n !== '1' || row.metric !== 'mean_latency_us') return 0;
  const half = all.find(other => other.metric === 'mean_latency_half_us' &&
    keys.every(key => other[key] === row[key]));
  return half ? Number(half.mean) : 0;
}

/* The rows of one metric; keys that do not vary stand above. */
function tableOfMetric(rows, all, keys, baseline) {
  const varying = keys.filter(key => rows.some(row => row[key] !== rows[0][key]));
  const isNumber = key => rows.every(row => row[key] !== '' && isFinite(row[key]));
  const shown = varying.filter(key => key !== 'scheduler').concat('scheduler');
  const figures = ['n', 'mean', '95 % interval', 'bootstrap', 'median', '95 % interval'];
  if (baseline) figures.push(`vs ${baseline} [%]`, '95 % interval', 'wins');
  const head = element('tr');
  for (const key of shown) head.append(element('th', isNumber(key) ? '' : 'text', key));
  for (const figure of figures) head.append(element('th', '', figure));
  const body = element('tbody');
  const LIMIT = 2000;
  for (const row of rows.slice(0, LIMIT)) {
    const line = element('tr', row.scheduler === baseline ? 'baseline' : '');
    const interval = (low, high) => low === '' ? '' : `${low} .. ${high}`;
    const half = halfOfSingle(row, all, keys);
    const low = half ? row.mean - half : row.ci_low, high = half ? Number(row.mean) + half : row.ci_high;
    for (const key of shown) line.append(element('td', isNumber(key) ? '' : 'text', row[key]));
    line.append(element('td', '', row.n), element('td', '', digits(row.mean)),
      element('td', '', interval(digits(low), digits(high))),
      element('td', '', interval(digits(row.boot_ci_low), digits(row.boot_ci_high))),
      element('td', '', digits(row.median)),
      element('td', '', interval(digits(row.median_ci_low), digits(row.median_ci_high))));
    if (baseline) {
      const side = row.paired_ci_high !== '' && row.paired_ci_high < 1 ? 'better'
        : row.paired_ci_low !== '' && row.paired_ci_low > 1 ? 'worse' : '';
      line.append(element('td', side, percent(row.paired_ratio)),
        element('td', '', interval(percent(row.paired_ci_low), percent(row.paired_ci_high))),
        element('td', '', row.pairs ? `${row.wins}/${row.pairs}` : ''));
    }
    body.append(line);
  }
  const fixed = keys.filter(key => !shown.includes(key) && rows[0][key] !== '' && key !== 'experiment');
  return element('div', '',
    element('p', 'note', fixed.map(key => `${key} ${rows[0][key]}`).join(', ')),
    element('table', '', element('thead', '', head), body),
    rows.length > LIMIT ? element('p', 'note', `The first ${LIMIT} of ${rows.length} rows; ` +
      'summary.csv has all.') : null);
}

function showResults(baseline) {
  const place = document.getElementById('results');
  const cells = parseCsv(data('summary.csv'));
  const rows = asObjects(cells);
  const keys = cells[0].slice(0, cells[0].indexOf('metric'));
  const metrics = [...new Set(rows.map(row => row.metric))];
  place.append(element('h2', '', 'Results'));
  if (rows.length === 0) {
    place.append(element('p', 'note', 'No trial is done.'));
    return;
  }
  const table = element('div');
  const show = metric =>
    table.replaceChildren(
      tableOfMetric(rows.filter(row => row.metric === metric), rows, keys, baseline));
  const { select, box } = chooser('Metric', metrics.map(name => [name, name]), show);
  if (metrics.includes('mean_latency_us')) select.value = 'mean_latency_us';
  show(select.value);
  place.append(element('div', 'tools', box), table, element('p', 'note',
    'Means over n replicates with 95 % intervals by t (of one replicate: from its jobs) and by ' +
    'bootstrap; medians with order statistics. Ratios are geometric means paired by ' +
    'replicate; coloured where their interval excludes no difference, each row by itself.'));
}

showResults(showSetup().baseline);
if (!document.querySelector('#pictures img')) document.getElementById('pictures').remove();
