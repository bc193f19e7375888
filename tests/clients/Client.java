// Java's JAX-WS: stubs that `wsimport` made. Arguments: contract, SOAP version, key. Calls come as JSON on stdin,
// outcomes go to stdout.
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.ws.BindingProvider;
import listino.Listino;
import listino.ListinoPort;

public class Client {
    static final ObjectMapper JSON = new ObjectMapper()
            .setSerializationInclusion(JsonInclude.Include.NON_NULL)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);

    public static void main(String[] arguments) throws Exception {
        Listino service = new Listino(new URL(arguments[0]));
        ListinoPort port = arguments[1].equals("1.2") ? service.getListinoSoap12() : service.getListinoSoap11();
        Map<String, Object> context = ((BindingProvider) port).getRequestContext();
        context.put(BindingProvider.USERNAME_PROPERTY, "java");
        context.put(BindingProvider.PASSWORD_PROPERTY, arguments[2]);
        List<Object> outcomes = new ArrayList<>();
        for (Map<?, ?> call : JSON.readValue(System.in, Map[].class)) {
            outcomes.add(outcome(port, (String) call.get("operation"), call.get("request")));
        }
        System.out.print(JSON.writeValueAsString(outcomes));
    }

    static Object outcome(ListinoPort port, String operation, Object said) throws Exception {
        String name = Character.toLowerCase(operation.charAt(0)) + operation.substring(1);
        for (Method method : ListinoPort.class.getMethods()) {
            if (method.getName().equals(name)) {
                Object request = JSON.convertValue(said, method.getParameterTypes()[0]);
                try {
                    return Map.of("result", method.invoke(port, request));
                } catch (InvocationTargetException error) {
                    return Map.of("fault", problem(error.getCause()));
                }
            }
        }
        throw new IllegalArgumentException(operation);
    }

    static Object problem(Throwable error) throws Exception {
        try {
            return error.getClass().getMethod("getFaultInfo").invoke(error);
        } catch (NoSuchMethodException none) {
            return Map.of("code", "no_detail", "text", String.valueOf(error));
        }
    }
}
