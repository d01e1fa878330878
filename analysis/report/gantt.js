/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schedule of a trial on a canvas: a rectangle per task from start to finish, and below it how
 * many tasks wait. A frame costs O(tasks in view); what is narrower than a pixel is drawn once per
 * pixel. */
'use strict';

/* Okabe & Ito's palette, as in the pictures. */
const COLOURS = ['#56B4E9', '#E69F00', '#009E73', '#CC79A7', '#0072B2', '#D55E00', '#F0E442', '#999999'];
const LEFT = 110, AXIS = 24, QUEUE = 90, LANE = 18, VIEW = 460;

/* First place in a sorted array whose key is not below the value. */
function lowerBound(array, value, key) {
  let low = 0, high = array.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(array[middle]) < value) low = middle + 1; else high = middle;
  }
  return low;
}

/* Rows with a name, each of as many lanes as it has tasks at once. Tasks get row.lane, and stand in
 * rows ascending by start; rows know the longest task, for searches. */
function makeRows(tasks, names, nameOf) {
  const rows = new Map(names.map(name => [name, { name, tasks: [], ends: [], longest: 0 }]));
  for (const task of tasks) {
    const name = nameOf(task);
    if (!rows.has(name)) rows.set(name, { name, tasks: [], ends: [], longest: 0 });
    const row = rows.get(name);
    let lane = row.ends.findIndex(end => end <= task.start);
    if (lane < 0) lane = row.ends.length;
    row.ends[lane] = task.finish;
    task.lane = lane;
    row.tasks.push(task);
    row.longest = Math.max(row.longest, task.finish - task.start);
  }
  for (const row of rows.values()) row.lanes = Math.max(1, row.ends.length);
  return [...rows.values()];
}

/* Steps {at, count} of how many tasks are ready and have not started. */
function makeQueue(tasks) {
  const events = [];
  for (const task of tasks) events.push([task.ready, 1], [task.start, -1]);
  events.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const steps = [{ at: -Infinity, count: 0 }];
  for (const [at, change] of events) {
    const last = steps[steps.length - 1];
    if (last.at === at) last.count += change; else steps.push({ at, count: last.count + change });
  }
  return steps;
}

/* Tasks that ran, ascending by start, and the names of rows. */
function loadTrial(trial) {
  const ofTrial = row => row.trial === trial;
  const apps = new Map(tables.jobs.filter(ofTrial).map(row => [row.job_id, row.app]));
  const tasks = tables.tasks.filter(row => ofTrial(row) && row.start_us !== '' && row.finish_us !== '' &&
    row.pe !== '').map(row => ({
    row, app: apps.get(row.job_id) || '', ready: Number(row.ready_us), start: Number(row.start_us),
    finish: Number(row.finish_us),
  }));
  tasks.sort((a, b) => a.start - b.start || a.finish - b.finish);
  return { tasks, pes: tables.pes.filter(ofTrial).map(row => row.pe) };
}

class Gantt {
  constructor(canvas, tip) {
    this.canvas = canvas;
    this.tip = tip;
    this.mode = 'pe';
    this.colour = 'app';
    canvas.onwheel = event => this.onWheel(event);
    canvas.onpointerdown = event => this.onDown(event);
    canvas.onpointermove = event => this.onMove(event);
    canvas.onpointerup = () => { this.drag = null; };
    canvas.onpointerleave = () => { this.tip.style.display = 'none'; };
    canvas.ondblclick = () => this.fit();
    window.addEventListener('resize', () => this.draw());
  }

  load(trial) {
    Object.assign(this, loadTrial(trial));
    this.end = this.tasks.reduce((end, task) => Math.max(end, task.finish), 0);
    this.begin = this.tasks.reduce((begin, task) => Math.min(begin, task.ready), this.end);
    this.arrange();
  }

  arrange() {
    const byPe = this.mode === 'pe';
    const jobs = [...new Set(this.tasks.map(task => task.row.job_id))].sort((a, b) => a - b);
    this.rows = makeRows(this.tasks, byPe ? this.pes : jobs,
      byPe ? task => task.row.pe : task => task.row.job_id);
    this.groups = new Map();
    for (const task of this.tasks) {
      const name = this.groupOf(task);
      if (!this.groups.has(name)) this.groups.set(name, COLOURS[this.groups.size % COLOURS.length]);
    }
    this.queue = makeQueue(this.tasks);
    this.scroll = 0;
    this.fit();
  }

  groupOf(task) {
    return this.colour === 'app' ? task.app : this.colour === 'job' ? task.row.job_id : task.row.task;
  }

  fit() {
    const margin = 0.01 * (this.end - this.begin) || 1;
    this.from = this.begin - margin;
    this.to = this.end + margin;
    this.draw();
  }

  x(us) { return LEFT + (us - this.from) / (this.to - this.from) * (this.width - LEFT); }
  us(x) { return this.from + (x - LEFT) / (this.width - LEFT) * (this.to - this.from); }

  /* Calls back with every task in view. */
  eachVisible(row, call) {
    const first = lowerBound(row.tasks, this.from - row.longest, task => task.start);
    for (let i = first; i < row.tasks.length && row.tasks[i].start <= this.to; i++)
      if (row.tasks[i].finish >= this.from) call(row.tasks[i]);
  }

  /* Which rows are shown, and where: all PEs, but only jobs with a task in view. */
  stack() {
    this.shown = this.mode === 'pe' ? this.rows : this.rows.filter(row =>
      row.tasks[0].start <= this.to && Math.max(...row.ends) >= this.from);
    this.lanes = 0;
    for (const row of this.shown) {
      row.top = this.lanes;
      this.lanes += row.lanes;
    }
  }

  draw() {
    if (!this.rows) return;
    this.stack();
    const scale = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.lane = Math.max(LANE, Math.min(32, VIEW / Math.max(1, this.lanes)));
    this.view = this.mode === 'pe' ? Math.min(VIEW, this.lane * this.lanes) : VIEW;
    this.scroll = Math.max(0, Math.min(this.scroll, this.lane * this.lanes - this.view));
    const height = AXIS + this.view + QUEUE + 20;
    this.canvas.style.height = height + 'px';
    this.canvas.width = this.width * scale;
    this.canvas.height = height * scale;
    const pen = this.canvas.getContext('2d');
    pen.scale(scale, scale);
    pen.font = '12px system-ui, sans-serif';
    pen.textBaseline = 'middle';
    this.drawAxis(pen, height);
    this.drawn = [];
    pen.save();
    pen.beginPath();
    pen.rect(0, AXIS, this.width, this.view);
    pen.clip();
    for (const row of this.shown) this.drawRow(pen, row);
    pen.restore();
    this.drawQueue(pen, AXIS + this.view + 14);
  }

  drawAxis(pen, height) {
    const wish = (this.to - this.from) / Math.max(2, (this.width - LEFT) / 110);
    const power = 10 ** Math.floor(Math.log10(wish));
    const step = [1, 2, 5, 10].map(digit => digit * power).find(size => size >= wish);
    const places = Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
    pen.fillStyle = '#444';
    pen.textAlign = 'right';
    pen.fillText('time [us]', LEFT - 10, AXIS / 2);
    pen.textAlign = 'center';
    for (let k = Math.ceil(this.from / step); k * step <= this.to; k++) {
      const x = this.x(k * step);
      pen.fillStyle = '#e8e8e8';
      pen.fillRect(x, AXIS, 1, height - AXIS);
      pen.fillStyle = '#444';
      pen.fillText((k * step).toFixed(places), Math.max(LEFT + 20, Math.min(x, this.width - 25)), AXIS / 2);
    }
  }

  drawRow(pen, row) {
    const top = AXIS + row.top * this.lane - this.scroll;
    const lanes = row.lanes;
    if (top + lanes * this.lane < AXIS || top > AXIS + this.view) return;
    pen.fillStyle = '#ddd';
    pen.fillRect(0, top + lanes * this.lane - 1, this.width, 1);
    pen.fillStyle = '#222';
    pen.textAlign = 'right';
    pen.fillText(this.mode === 'pe' ? row.name : 'job ' + row.name, LEFT - 10, top + this.lane / 2, LEFT - 14);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, AXIS, this.width - LEFT, this.view);
    pen.clip();
    pen.textAlign = 'left';
    const covered = new Array(lanes).fill(-1);
    this.eachVisible(row, task => {
      const left = this.x(task.start), right = Math.max(this.x(task.finish), left + 0.5);
      if (right < covered[task.lane] + 1) return;
      covered[task.lane] = right;
      const y = top + task.lane * this.lane + 1, height = this.lane - 3;
      this.drawn.push({ task, row, left, right, top: y, height });
      this.drawTask(pen, task, left, right, y, height);
    });
    pen.restore();
  }

  drawTask(pen, task, left, right, y, height) {
    pen.fillStyle = this.groups.get(this.groupOf(task));
    const gap = right - left > 3 ? 1 : 0;
    pen.fillRect(left, y, right - left - gap, height);
    if (task.row.status !== 'done') {
      pen.strokeStyle = '#000';
      pen.lineWidth = 1.5;
      pen.strokeRect(left, y, right - left - gap, height);
    }
    if (right - left < 40) return;
    pen.save();
    pen.beginPath();
    pen.rect(left, y, right - left - 2, height);
    pen.clip();
    pen.fillStyle = '#000';
    pen.fillText(`${task.row.job_id} ${task.row.task}`, Math.max(left, LEFT) + 4, y + height / 2);
    pen.restore();
  }

  /* The largest count in every pixel. */
  drawQueue(pen, top) {
    const counts = new Float64Array(Math.max(1, Math.ceil(this.width - LEFT)));
    let place = Math.max(0, lowerBound(this.queue, this.from, step => step.at) - 1);
    let highest = 1;
    for (let pixel = 0; pixel < counts.length; pixel++) {
      const until = this.us(LEFT + pixel + 1);
      let count = this.queue[place].count;
      while (place + 1 < this.queue.length && this.queue[place + 1].at < until)
        count = Math.max(count, this.queue[++place].count);
      counts[pixel] = count;
      highest = Math.max(highest, count);
    }
    pen.fillStyle = '#7a8794';
    for (let pixel = 0; pixel < counts.length; pixel++) {
      const height = counts[pixel] / highest * (QUEUE - 10);
      pen.fillRect(LEFT + pixel, top + QUEUE - height, 1, height);
    }
    pen.fillStyle = '#444';
    pen.fillRect(LEFT, top + QUEUE, this.width - LEFT, 1);
    pen.textAlign = 'right';
    pen.fillText(String(highest), LEFT - 10, top + 10);
    pen.fillText('waiting tasks', LEFT - 10, top + QUEUE / 2);
    pen.fillText('0', LEFT - 10, top + QUEUE);
  }

  zoom(factor, centre) {
    const at = this.us(centre);
    const span = Math.min(Math.max((this.to - this.from) * factor, 1e-3), 2 * (this.end - this.begin) + 2);
    const share = (centre - LEFT) / (this.width - LEFT);
    this.from = at - share * span;
    this.to = this.from + span;
    this.draw();
  }

  onWheel(event) {
    event.preventDefault();
    if (event.shiftKey) {
      this.scroll += event.deltaY || event.deltaX;
      this.draw();
    } else {
      this.zoom(Math.exp(event.deltaY / 400), Math.max(LEFT, event.offsetX));
    }
  }

  onDown(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.drag = { x: event.offsetX, y: event.offsetY, from: this.from, to: this.to, scroll: this.scroll };
  }

  onMove(event) {
    if (!this.drag) {
      this.showTip(event.offsetX, event.offsetY);
      return;
    }
    const moved = (event.offsetX - this.drag.x) / (this.width - LEFT) * (this.drag.to - this.drag.from);
    this.from = this.drag.from - moved;
    this.to = this.drag.to - moved;
    this.scroll = this.drag.scroll - (event.offsetY - this.drag.y);
    this.tip.style.display = 'none';
    this.draw();
  }

  /* The task at a place of the canvas. */
  find(x, y) {
    const lane = Math.floor((y - AXIS + this.scroll) / this.lane);
    if (x < LEFT || y < AXIS || y > AXIS + this.view) return null;
    const row = this.shown.find(row => lane >= row.top && lane < row.top + row.lanes);
    let found = null;
    if (row)
      this.eachVisible(row, task => {
        if (task.lane === lane - row.top && this.x(task.start) <= x + 1 && this.x(task.finish) >= x - 1)
          found = task;
      });
    return found;
  }

  showTip(x, y) {
    const task = this.find(x, y);
    this.tip.style.display = task ? 'block' : 'none';
    if (!task) return;
    const row = task.row;
    this.tip.textContent = `job ${row.job_id} (${task.app})\ntask ${row.task_id} ${row.task}\non ${row.pe}\n` +
      `ready     ${row.ready_us} us\nassigned  ${row.assigned_us} us\nstart     ${row.start_us} us\n` +
      `finish    ${row.finish_us} us\ncomputes  ${row.exec_us} us\nwaits for data ${row.comm_wait_us} us\n` +
      `attempt ${row.attempt}, ${row.status}`;
    this.tip.style.left = Math.min(x + 14, this.width - this.tip.offsetWidth - 4) + 'px';
    this.tip.style.top = y + 14 + 'px';
  }

  legend() {
    if (this.groups.size > COLOURS.length) return [];
    return [...this.groups].map(([name, colour]) => {
      const swatch = element('span', 'swatch');
      swatch.style.background = colour;
      return element('span', '', swatch, name);
    });
  }
}

function trialName(row) {
  const rate = row.rate_jobs_per_ms ? `${row.rate_jobs_per_ms} jobs/ms, ` : '';
  return `${row.trial}: ${row.scheduler}, ${row.platform}, ${row.workload}, ${rate}noise ${row.noise}, ` +
    `replicate ${row.replicate}`;
}

function showSchedule() {
  const place = document.getElementById('schedule');
  const shown = new Set(tables.tasks.map(row => row.trial));
  if (shown.size === 0) {
    place.append(element('p', 'note', 'Runs with `trace: true` have a schedule to look at here.'));
    return null;
  }
  const canvas = element('canvas'), tip = element('div'), legend = element('span', 'note');
  tip.id = 'tip';
  const frame = element('div', '', canvas, tip);
  frame.id = 'gantt';
  const gantt = new Gantt(canvas, tip);
  const update = () => legend.replaceChildren(...gantt.legend());
  const change = what => value => {
    gantt[what] = value;
    gantt.arrange();
    update();
  };
  const trials = chooser('Trial', tables.trials.filter(row => shown.has(row.trial))
    .map(row => [row.trial, trialName(row)]), trial => { gantt.load(trial); update(); });
  const rows = chooser('Rows', [['pe', 'PEs'], ['job', 'jobs']], change('mode'));
  const colours = chooser('Colours', [['app', 'apps'], ['job', 'jobs'], ['task', 'tasks']], change('colour'));
  const whole = element('button', '', 'Whole trial');
  whole.onclick = () => gantt.fit();
  place.append(element('h2', '', 'Schedule'),
    element('div', 'tools', trials.box, rows.box, colours.box, whole, legend), frame,
    element('p', 'note', 'Wheel: zoom. Drag: move. Shift and wheel: other rows. Double click: the whole ' +
      'trial. Framed: aborted. Waiting: ready, but not started.' +
      (data('is_cut') ? ' The page does not hold all tasks of the run; `hetsoc report --trial N` ' +
        'shows another trial, tasks.csv has all.' : '')));
  gantt.load(trials.select.value);
  update();
  return gantt;
}

const tables = Object.fromEntries(['trials', 'tasks', 'jobs', 'pes']
  .map(name => [name, asObjects(data(name + '.csv'))]));
const gantt = showSchedule();

/* For tests: with #rectangles or #rectangles-by-job the page lists what was drawn, the times read back
 * from pixels. */
if (gantt && location.hash.startsWith('#rectangles')) {
  if (location.hash.endsWith('-by-job')) {
    gantt.mode = 'job';
    gantt.arrange();
  }
  const list = gantt.drawn.map(({ task, row, left, right }) =>
    [row.name, task.row.job_id, task.row.task_id, gantt.us(left), gantt.us(right)].join());
  const output = element('pre', '', list.join('\n') + '\n');
  output.id = 'rectangles';
  document.body.append(output);
}
