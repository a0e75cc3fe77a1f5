// @ts-nocheck
"use strict";
// Scatter plot on a canvas: WebGL, or 2-D squares if WebGL is not available.

const VERTEX = `#version 300 es
in vec2 place; in vec4 pointColor;
uniform vec4 view; uniform float size;
out vec4 color;
void main() {
  gl_Position = vec4(place * view.xy + view.zw, 0.0, 1.0);
  gl_PointSize = pointColor.a > 0.99 ? size * 1.5 : size; // points in focus are larger
  color = pointColor;
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 color; out vec4 result;
void main() {
  vec2 c = gl_PointCoord * 2.0 - 1.0;
  float edge = 1.0 - smoothstep(0.55, 1.0, dot(c, c));
  result = vec4(color.rgb, 1.0) * color.a * edge;
}`;

function shader(gl, kind, source) {
  const created = gl.createShader(kind);
  gl.shaderSource(created, source);
  gl.compileShader(created);
  return created;
}

class WebGLScatter {
  constructor(canvas, coordinates) {
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: true });
    this.canvas = canvas;
    this.gl = gl;
    this.drawn = 0;
    const program = gl.createProgram();
    gl.attachShader(program, shader(gl, gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, shader(gl, gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(program);
    gl.useProgram(program);
    this.view = gl.getUniformLocation(program, "view");
    this.size = gl.getUniformLocation(program, "size");
    this.buffer(program, "place", coordinates, 2, gl.UNSIGNED_SHORT);
    this.colors = this.buffer(program, "pointColor", new Uint8Array(coordinates.length * 2), 4, gl.UNSIGNED_BYTE);
    this.order = gl.createBuffer();
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.order);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  buffer(program, name, values, width, kind) {
    const gl = this.gl;
    const created = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, created);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
    const at = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, width, kind, true, 0, 0);
    return created;
  }

  /** Sets the RGBA bytes of all points, and the draw order (last on top). */
  paint(colors, order) {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.colors);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, colors);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order, gl.DYNAMIC_DRAW);
    this.drawn = order.length;
  }

  draw(camera, size) {
    const gl = this.gl;
    const { width, height } = this.canvas;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const span = 65535 * camera.scale * 2;
    gl.uniform4f(
      this.view,
      span / camera.width,
      span / camera.height,
      (-camera.x * camera.scale * 2) / camera.width,
      (-camera.y * camera.scale * 2) / camera.height,
    );
    gl.uniform1f(this.size, size * camera.ratio);
    gl.drawElements(gl.POINTS, this.drawn, gl.UNSIGNED_INT, 0);
  }
}

/** The same interface on a 2-D canvas. */
class CanvasScatter {
  constructor(canvas, coordinates) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.coordinates = coordinates;
    this.order = [];
  }

  paint(colors, order) {
    this.colors = colors;
    this.order = order;
  }

  draw(camera, size) {
    const context = this.context;
    context.setTransform(camera.ratio, 0, 0, camera.ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    for (const i of this.order) {
      const [x, y] = camera.toScreen(this.coordinates[2 * i], this.coordinates[2 * i + 1]);
      if (x < 0 || y < 0 || x > camera.width || y > camera.height) continue;
      const [r, g, b, a] = this.colors.subarray(4 * i, 4 * i + 4);
      context.fillStyle = `rgb(${r} ${g} ${b} / ${a / 255})`;
      context.fillRect(x - size / 2, y - size / 2, size, size);
    }
  }
}

export function createScatter(canvas, coordinates) {
  const probe = document.createElement("canvas").getContext("webgl2");
  return probe ? new WebGLScatter(canvas, coordinates) : new CanvasScatter(canvas, coordinates);
}

/** The visible part of the map; map coordinates range from 0 to 65535, y upwards. */
export class Camera {
  constructor() {
    Object.assign(this, { x: 32767.5, y: 32767.5, scale: 1, width: 1, height: 1, ratio: 1 });
  }

  resize(width, height, ratio) {
    const isFitted = this.scale === 1 || Math.abs(this.scale / this.fitScale() - 1) < 0.01;
    Object.assign(this, { width: Math.max(width, 1), height: Math.max(height, 1), ratio });
    if (isFitted) this.fit();
  }

  fitScale() {
    return (Math.min(this.width, this.height) * 0.92) / 65535;
  }

  fit() {
    Object.assign(this, { x: 32767.5, y: 32767.5, scale: this.fitScale() });
  }

  get zoom() {
    return this.scale / this.fitScale();
  }

  toScreen(x, y) {
    return [(x - this.x) * this.scale + this.width / 2, this.height / 2 - (y - this.y) * this.scale];
  }

  toMap(sx, sy) {
    return [(sx - this.width / 2) / this.scale + this.x, (this.height / 2 - sy) / this.scale + this.y];
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y += dy / this.scale;
    this.x = Math.max(0, Math.min(65535, this.x));
    this.y = Math.max(0, Math.min(65535, this.y));
  }

  zoomBy(factor, sx = this.width / 2, sy = this.height / 2) {
    const [x, y] = this.toMap(sx, sy);
    const fitScale = this.fitScale();
    this.scale = Math.max(fitScale * 0.6, Math.min(fitScale * 120, this.scale * factor));
    const [nx, ny] = this.toMap(sx, sy);
    this.x += x - nx;
    this.y += y - ny;
  }
}
