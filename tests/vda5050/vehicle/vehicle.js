// A vehicle by vda-5050-lib: AgvController with VirtualAgvAdapter. Ends when its standard input does.
// node vehicle.js '{"brokerUrl": ..., "version": ..., "manufacturer": ..., "serialNumber": ...,
//                   "position": {...}, "timeLapse": ...}'
"use strict";
const { AgvController, VirtualAgvAdapter } = require("vda-5050-lib");

const told = JSON.parse(process.argv[2]);

const vehicle = new AgvController(
    { manufacturer: told.manufacturer, serialNumber: told.serialNumber },
    {
        interfaceName: "uagv",
        vdaVersion: told.version,
        transport: { brokerUrl: told.brokerUrl, reconnectPeriod: 200 },
    },
    { agvAdapterType: VirtualAgvAdapter, publishStateInterval: 1000, publishVisualizationInterval: 0 },
    {
        initialPosition: told.position, initialBatteryCharge: 50, tickRate: 25, timeLapse: told.timeLapse,
    },
);

vehicle.start().then(() => console.log("started"), error => {
    console.error(String(error));
    process.exit(1);
});
process.stdin.resume();
process.stdin.on("end", () => vehicle.stop().then(() => process.exit(0)));
