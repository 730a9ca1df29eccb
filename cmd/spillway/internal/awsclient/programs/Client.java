// Writes one item and reads it back through the mesh, unsigned; what it cannot do it says and ends with 1.

import java.net.URI;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

public final class Client {
    public static void main(String[] args) {
        // snippet: begin
        DynamoDbClient client = DynamoDbClient.builder()
            .endpointOverride(URI.create("http://orders-db.internal"))
            .region(Region.US_EAST_1) // any: the gateway signs for the region that it sends to
            .credentialsProvider(AnonymousCredentialsProvider.create()) // no signature
            .build();
        // snippet: end
        Map<String, AttributeValue> key = Map.of("id", AttributeValue.fromS(args[1]));
        client.putItem(r -> r.tableName(args[0]).item(key));
        if (!client.getItem(r -> r.tableName(args[0]).key(key)).hasItem()) {
            System.exit(1);
        }
    }
}
