// A master control by vda-5050-lib. Reads a JSON object a line ({"order": ...} or {"cancel": actionId}), tells what
// happens as one a line, ends with its input.
// node master.js '{"brokerUrl": ..., "version": ..., "manufacturer": ..., "serialNumber": ...}'
"use strict";
const readline = require("readline");
const { MasterController } = require("vda-5050-lib");

const told = JSON.parse(process.argv[2]);
const vehicle = { manufacturer: told.manufacturer, serialNumber: told.serialNumber };
const tell = what => console.log(JSON.stringify(what));

const master = new MasterController(
    { interfaceName: "uagv", vdaVersion: told.version, transport: { brokerUrl: told.brokerUrl } },
    {},
);

const order = {
    onOrderProcessed: (error, byCancelation, active, context) => tell({
        processed: context.order.orderId, update: context.order.orderUpdateId, byCancelation, active,
        error: error && error.errorType,
    }),
    onNodeTraversed: node => tell({ node: node.nodeId }),
    onActionStateChanged: state => tell({ action: state.actionId, status: state.actionStatus }),
};
const instant = {
    onActionStateChanged: state => tell({ action: state.actionId, status: state.actionStatus }),
    onActionError: error => tell({ error: error.errorType }),
};

master.start().then(() => {
    tell({ started: true });
    readline.createInterface({ input: process.stdin })
        .on("line", line => {
            const asked = JSON.parse(line);
            if (asked.order) {
                master.assignOrder(vehicle, asked.order, order);
            } else {
                const action = { actionId: asked.cancel, actionType: "cancelOrder", blockingType: "HARD" };
                master.initiateInstantActions(vehicle, { instantActions: [action] }, instant);
            }
        })
        .on("close", () => master.stop().then(() => process.exit(0)));
}, error => {
    console.error(String(error));
    process.exit(1);
});
