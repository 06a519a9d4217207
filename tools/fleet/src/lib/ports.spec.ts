import { once } from 'node:events';
import { createServer } from 'node:net';

import { checkPorts, freePorts, PortTakenError, portsFrom } from './ports.js';

describe('portsFrom', () => {
  it('lays all ports out from the base', () => {
    expect(portsFrom(4000)).toEqual({
      authServer: 4000,
      herald: 4001,
      census: 4002,
      webApp: 4003,
      smtp: 4025,
      mailbox: 4026,
    });
  });

  it.each([0, -1, 1.5, Number.NaN, 65_510, 70_000])('refuses the base %p', (base) => {
    expect(() => portsFrom(base)).toThrow(TypeError);
  });

  it('takes the highest base that leaves room', () => {
    expect(portsFrom(65_509).mailbox).toBe(65_535);
  });
});

describe('freePorts', () => {
  it('finds different ports that can be listened on', async () => {
    const ports = await freePorts();
    expect(new Set(Object.values(ports)).size).toBe(6);
    await expect(checkPorts(ports)).resolves.toBeUndefined();
  });
});

describe('checkPorts', () => {
  it('refuses a taken port, names port and owner, and says how to move', async () => {
    const ports = await freePorts();
    const other = createServer().listen(ports.herald, '127.0.0.1');
    await once(other, 'listening');
    try {
      await expect(checkPorts(ports)).rejects.toThrow(PortTakenError);
      await expect(checkPorts(ports)).rejects.toThrow(
        new RegExp(`port ${ports.herald}, which the herald needs.*another program.*--port-base`),
      );
    } finally {
      other.close();
    }
  });
});
