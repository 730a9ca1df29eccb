"""Writes one item and reads it back through the mesh, unsigned; what it cannot do it says and ends with 1."""

import sys

# snippet: begin
import boto3
from botocore import UNSIGNED
from botocore.config import Config

client = boto3.client(
    "dynamodb",
    endpoint_url="http://orders-db.internal",
    region_name="us-east-1",  # any: the gateway signs for the region that it sends to
    config=Config(signature_version=UNSIGNED),  # no signature
)
# snippet: end

key = {"id": {"S": sys.argv[2]}}
client.put_item(TableName=sys.argv[1], Item=key)
if "Item" not in client.get_item(TableName=sys.argv[1], Key=key):
    sys.exit("no item")
