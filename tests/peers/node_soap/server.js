// A small order service behind npm `soap`, for the tests. State is in memory.
//
//   node server.js PORT WSDL [USER PASSWORD]
//
// Values are kept as the text that came (customDeserializer), so that Echo gives back every digit.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const soap = require('soap');

const [port, wsdlFile, user, password] = process.argv.slice(2);
const MESSAGES = 'urn:example:orders:messages';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const orders = new Map();
let lastId = 9007199254740993n; // beyond what a JavaScript number holds exactly

function fault(code, text, detail, more) {
  return { Fault: { faultcode: code, faultstring: text, ...more, ...(detail ? { detail } : {}) } };
}

function typed(name, content) {
  return { [name]: { attributes: { xmlns: MESSAGES }, ...content } };
}

function find(id) {
  const order = orders.get(String(id));
  if (!order) {
    const detail = typed('OrderNotFound', { orderId: id, archived: false });
    throw fault('soap:Client.Order.NotFound', `there is no order ${id}`, detail);
  }
  return order;
}

// Digits after the point are kept by counting in ten-thousandths.
function tenThousandths(text) {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(4, '0'));
}

function total(items) {
  const sum = items.reduce((n, item) => n + BigInt(item.quantity) * tenThousandths(item.price.$value), 0n);
  const digits = String(sum).padStart(5, '0');
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

// npm soap writes replies without looking at the schema: all elements would be in the namespace of the
// response element, and xsi:nil would have no namespace declaration. The types' elements get their prefix
// here (declared in the WSDL).
function qualified(value) {
  if (Array.isArray(value)) return value.map(qualified);
  if (value === null) return { attributes: { 'xmlns:xsi': XSI, 'xsi:nil': 'true' } };
  if (typeof value !== 'object') return value;
  const rename = ([key, item]) =>
    key === 'attributes' || key === '$value' ? [key, item] : [`t:${key}`, qualified(item)];
  return Object.fromEntries(Object.entries(value).map(rename));
}

const list = (value) => (value === undefined || value === null ? [] : [].concat(value));

const operations = {
  CreateOrder({ order }) {
    if (order.customer === 'nobody') {
      // Undeclared: a dotted server code, an actor, and a detail that no schema describes.
      const detail = { storage: { attributes: { xmlns: 'urn:example:internal' }, errno: 28 } };
      throw fault('soap:Server.Storage', 'disk full', detail, { faultactor: 'urn:example:orders:storage' });
    }
    if (order.customer === 'banned') {
      throw fault('soap:Client', 'this customer may not order');
    }
    lastId += 1n;
    orders.set(String(lastId), { status: 'open', order });
    const items = list(order.item);
    const currency = items[0].price.attributes.currency;
    return { orderId: lastId, total: { attributes: { currency }, $value: total(items) } };
  },

  GetOrder({ orderId }) {
    const { status, order } = find(orderId);
    return { orderId, status, order: qualified(order) };
  },

  ListItems({ count, prefix }) {
    const item = [];
    for (let n = 0; n < Number(count); n += 1) {
      item.push(qualified({
        sku: `${prefix || 'S'}-${n}`,
        quantity: n,
        price: { attributes: { currency: 'EUR' }, $value: `${n}.25` },
      }));
    }
    return { item };
  },

  CancelOrder({ orderId }) {
    const order = find(orderId);
    if (order.status !== 'open') {
      throw fault('soap:Server', 'the order is closed', typed('OrderClosed', { status: order.status }));
    }
    order.status = 'cancelled';
    return {};
  },

  Echo(content) {
    // An empty element arrives as null.
    return { order: qualified(list(content && content.order)) };
  },

  Ping(text) {
    return text && typeof text === 'object' ? text.$value || '' : text || '';
  },

  NotifyShipment({ orderId, shippedAt }) {
    console.log(`shipped ${orderId} ${shippedAt}`);
  },
};

const verbatim = (text) => text;
const kept = ['decimal', 'long', 'int', 'date', 'dateTime', 'boolean', 'base64Binary'];

const listener = http.createServer((request, response) => {
  response.writeHead(404, { 'Content-Type': 'text/html' });
  response.end('<html><body>Nothing here</body></html>');
});
// Longer than the gateway keeps idle connections, as most servers do.
listener.keepAliveTimeout = 20_000;

const server = soap.listen(listener, {
  path: '/orders',
  services: { OrderService: { OrdersPort: operations } },
  xml: fs.readFileSync(wsdlFile, 'utf8'),
  uri: wsdlFile,
  oneWay: { responseCode: 202, emptyBody: true },
  suppressStack: true,
  handleNilAsNull: true,
  customDeserializer: Object.fromEntries(kept.map((name) => [name, verbatim])),
  callback: (error) => {
    if (error) {
      console.error(error);
      process.exit(1);
    }
    listener.listen(Number(port), '127.0.0.1');
  },
});

server.addSoapHeader((_method, _args, headers) =>
  headers && headers.Trace
    ? { Trace: { attributes: { xmlns: MESSAGES }, id: `seen ${headers.Trace.id}` } }
    : '',
);

if (user !== undefined) {
  const expected = 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64');
  server.authorizeConnection = (request, response) => {
    if (request.headers.authorization === expected) return true;
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="orders"' });
    return false;
  };
}

process.on('SIGTERM', () => process.exit(0));
